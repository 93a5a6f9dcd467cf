/* afd_model.c: see afd_model.h. */
#include "afd_model.h"

#include <string.h>

#include "mio.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER
#endif
#endif

#ifdef HAS_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#endif

#define BASE_BIT ((uintptr_t)0x100000) /* of the numbers of layered sockets */
#define HELPER_BASE ((uintptr_t)0x9000)

#define STATUS_SUCCESS 0
#define STATUS_TIMEOUT 0x102
#define STATUS_PENDING 0x103
#define STATUS_INSUFFICIENT_RESOURCES (-0x3fffff66) /* 0xc000009a */

static struct afd_model *current;

/* ---- Chance -------------------------------------------------------------*/

void afd_model_init(struct afd_model *model, uint64_t seed, unsigned helpers)
{
    memset(model, 0, sizeof(*model));
    model->random = seed;
    model->helper_limit = helpers;
    current = model;
}

/* Splitmix64. */
unsigned afd_model_random(struct afd_model *model, unsigned limit)
{
    model->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = model->random;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((x ^ x >> 31) % limit);
}

bool afd_model_chance(struct afd_model *model, unsigned permille)
{
    return afd_model_random(model, 1000) < permille;
}

void afd_model_fail(struct afd_model *model, const char *what)
{
    if (model->failure == NULL) {
        model->failure = what;
    }
}

/* ---- Sockets ------------------------------------------------------------*/

static uintptr_t number_of(size_t index)
{
    return 4 * ((uintptr_t)index + 1);
}

struct afd_model_socket *afd_model_socket(struct afd_model *model,
                                          uintptr_t number)
{
    size_t index = (size_t)(number / 4) - 1;
    return number % 4 == 0 && index < AFD_MODEL_NUMBERS ? model->handles[index]
                                                        : NULL;
}

uintptr_t afd_model_base(struct afd_model *model, uintptr_t number)
{
    const struct afd_model_socket *socket = afd_model_socket(model, number);
    return socket != NULL && socket->is_layered ? number | BASE_BIT : number;
}

static uintptr_t handle_to(struct afd_model *model,
                           struct afd_model_socket *socket)
{
    for (size_t i = 0; i < AFD_MODEL_NUMBERS; i++) {
        if (model->handles[i] == NULL) {
            model->handles[i] = socket;
            socket->handles++;
            return number_of(i);
        }
    }
    return 0;
}

uintptr_t afd_model_open(struct afd_model *model, bool is_datagram,
                         bool is_layered)
{
    for (size_t i = 0; i < AFD_MODEL_NUMBERS; i++) {
        struct afd_model_socket *socket = &model->sockets[i];
        if (socket->handles == 0) {
            socket->holding = 0;
            socket->is_datagram = is_datagram;
            socket->is_layered = is_layered;
            socket->is_failing = false;
            return handle_to(model, socket);
        }
    }
    return 0;
}

uintptr_t afd_model_duplicate(struct afd_model *model, uintptr_t number)
{
    return handle_to(model, afd_model_socket(model, number));
}

void afd_model_close(struct afd_model *model, uintptr_t number)
{
    struct afd_model_socket *socket = afd_model_socket(model, number);
    model->handles[number / 4 - 1] = NULL;
    socket->handles--;
    if (socket->handles > 0) {
        return;
    }
    for (unsigned i = 0; i < model->request_count; i++) {
        if (model->requests[i].socket == socket) {
            model->requests[i].socket = NULL;
        }
    }
}

uintptr_t afd_model_any(struct afd_model *model)
{
    size_t start = afd_model_random(model, AFD_MODEL_NUMBERS);
    for (size_t i = 0; i < AFD_MODEL_NUMBERS; i++) {
        size_t index = (start + i) % AFD_MODEL_NUMBERS;
        if (model->handles[index] != NULL) {
            return number_of(index);
        }
    }
    return 0;
}

/* ---- Helpers ------------------------------------------------------------*/

static unsigned helper_index(uintptr_t helper)
{
    uintptr_t index = helper - HELPER_BASE;
    if (helper < HELPER_BASE || index >= AFD_MODEL_HELPERS ||
        !current->helper_is_open[index]) {
        afd_model_fail(current, "a helper that is not open");
        return 0;
    }
    return (unsigned)index;
}

int mio__afd_open(uintptr_t port, uintptr_t *helper)
{
    (void)port;
    if (afd_model_chance(current, current->open_failures)) {
        return MIO_ERR_OUT_OF_MEMORY;
    }
    if (current->helper_count == current->helper_limit) {
        afd_model_fail(current, "more helpers than one for 32 slots");
        return MIO_ERR_OUT_OF_MEMORY;
    }
    unsigned index = 0;
    while (current->helper_is_open[index]) {
        index++;
    }
    current->helper_is_open[index] = true;
    current->helper_count++;
    *helper = HELPER_BASE + index;
    return 0;
}

void mio__afd_close(uintptr_t helper)
{
    unsigned index = helper_index(helper);
    if (current->helper_requests[index] > 0) {
        afd_model_fail(current, "a helper closed with requests in flight");
    }
    current->helper_is_open[index] = false;
    current->helper_count--;
}

/* ---- Requests -----------------------------------------------------------*/

static void memory_lock(struct afd_model_request *request)
{
    request->image = *request->memory;
    ASAN_POISON_MEMORY_REGION(request->memory, sizeof(*request->memory));
}

static void memory_unlock(struct afd_model *model,
                          struct afd_model_request *request)
{
    ASAN_UNPOISON_MEMORY_REGION(request->memory, sizeof(*request->memory));
    const struct mio__afd_request *a = request->memory;
    const struct mio__afd_request *b = &request->image;
    if (a->status.u.pointer != b->status.u.pointer ||
        a->status.information != b->status.information ||
        a->poll.timeout != b->poll.timeout || a->poll.count != b->poll.count ||
        a->poll.exclusive != b->poll.exclusive ||
        a->poll.socket != b->poll.socket || a->poll.events != b->poll.events ||
        a->poll.status != b->poll.status) {
        afd_model_fail(model, "the kernel's memory was written to");
    }
}

void afd_model_forget(struct afd_model *model)
{
    for (unsigned i = 0; i < model->request_count; i++) {
        memory_unlock(model, &model->requests[i]);
    }
    model->request_count = 0;
}

static struct afd_model_request *
at_memory(struct afd_model *model, const struct mio__afd_request *memory)
{
    for (unsigned i = 0; i < model->request_count; i++) {
        if (model->requests[i].memory == memory) {
            return &model->requests[i];
        }
    }
    return NULL;
}

struct afd_model_request *afd_model_find(struct afd_model *model,
                                         uintptr_t context)
{
    for (unsigned i = 0; i < model->request_count; i++) {
        if (model->requests[i].context == context) {
            return &model->requests[i];
        }
    }
    return NULL;
}

/* Where nothing was found the parameters stay as they were, except that a
 * success without events says that it is about no socket. */
static void complete(struct afd_model *model, struct afd_model_request *request,
                     int32_t status, uint32_t events)
{
    memory_unlock(model, request);
    request->memory->status.u.status = status;
    if (status == STATUS_SUCCESS) {
        request->memory->status.information = sizeof(struct mio__afd_poll);
        request->memory->poll.count = events != 0 ? 1 : 0;
    }
    if (events != 0) {
        request->memory->poll.events = events;
    }
    request->stage = AFD_MODEL_DONE;
    memory_lock(request);
}

static void notice(struct afd_model *model, struct afd_model_request *request)
{
    if (request->stage == AFD_MODEL_DONE) {
        return;
    }
    const struct afd_model_socket *socket = request->socket;
    uint32_t events = socket == NULL ? MIO__AFD_LOCAL_CLOSE
                                     : socket->holding & request->asked;
    bool is_cancelled = request->stage == AFD_MODEL_CANCELLING &&
                        (events == 0 || afd_model_chance(model, 500));
    if (is_cancelled) {
        complete(model, request, MIO__AFD_CANCELLED, 0);
    } else if (socket != NULL && socket->is_failing) {
        complete(model, request, STATUS_INSUFFICIENT_RESOURCES, 0);
    } else if (events != 0) {
        complete(model, request, STATUS_SUCCESS, events);
    }
}

void afd_model_notice(struct afd_model *model)
{
    if (model->request_count > 0) {
        notice(model,
               &model->requests[afd_model_random(model, model->request_count)]);
    }
}

void afd_model_notice_all(struct afd_model *model)
{
    for (unsigned i = 0; i < model->request_count; i++) {
        notice(model, &model->requests[i]);
    }
}

/* STATUS_PENDING: the memory was not even written to. */
void afd_model_disturb(struct afd_model *model)
{
    static const int32_t statuses[] = {STATUS_SUCCESS, STATUS_TIMEOUT,
                                       STATUS_PENDING, MIO__AFD_CANCELLED,
                                       STATUS_INSUFFICIENT_RESOURCES};
    if (model->request_count == 0) {
        return;
    }
    struct afd_model_request *request =
        &model->requests[afd_model_random(model, model->request_count)];
    if (request->stage != AFD_MODEL_DONE && request->socket != NULL) {
        complete(model, request, statuses[afd_model_random(model, 5)], 0);
    }
}

/* What a completion says, told from the request's memory, now the caller's. */
static struct afd_model_answer
answer_of(const struct afd_model_request *request)
{
    const struct mio__afd_request *memory = request->memory;
    int32_t status = memory->status.u.status;
    bool has_found = status == STATUS_SUCCESS && memory->poll.count > 0;
    return (struct afd_model_answer){
        request->context, has_found ? memory->poll.events : 0,
        status < 0 && status != MIO__AFD_CANCELLED};
}

bool afd_model_fetch(struct afd_model *model, struct afd_model_answer *answer)
{
    unsigned start = model->request_count > 0
                         ? afd_model_random(model, model->request_count)
                         : 0;
    for (unsigned i = 0; i < model->request_count; i++) {
        unsigned index = (start + i) % model->request_count;
        struct afd_model_request *request = &model->requests[index];
        if (request->stage == AFD_MODEL_DONE) {
            memory_unlock(model, request);
            *answer = answer_of(request);
            model->helper_requests[helper_index(request->helper)]--;
            *request = model->requests[--model->request_count];
            return true;
        }
    }
    return false;
}

/* Why a request is not taken, or 0. */
static int refusal(struct afd_model *model, uintptr_t socket)
{
    const struct afd_model_socket *found =
        afd_model_socket(model, socket & ~BASE_BIT);
    if (afd_model_chance(model, model->submit_failures)) {
        return MIO_ERR_OUT_OF_MEMORY;
    }
    return found != NULL && found->is_layered == ((socket & BASE_BIT) != 0)
               ? 0
               : MIO_ERR_BAD_DESCRIPTOR;
}

int mio__afd_submit(uintptr_t helper, struct mio__afd_request *memory,
                    uintptr_t socket, uint32_t events, uintptr_t context)
{
    struct afd_model *model = current;
    unsigned helper_at = helper_index(helper);
    if (context == 0 || afd_model_find(model, context) != NULL) {
        afd_model_fail(model, "a context that is in use");
    }
    if (at_memory(model, memory) != NULL ||
        model->request_count == AFD_MODEL_REQUESTS) {
        afd_model_fail(model, "a request in memory that the kernel has");
        return MIO_ERR_OTHER;
    }
    if ((events & ~AFD_MODEL_EVENTS) != 0 || events == 0) {
        afd_model_fail(model, "events that must not be asked for");
    }
    model->submissions++;
    memory->status.u.pointer = NULL;
    memory->status.u.status = STATUS_PENDING;
    memory->status.information = 0;
    memory->poll = (struct mio__afd_poll){
        INT64_MAX, 1, 0, socket, events | MIO__AFD_LOCAL_CLOSE, 0};
    int error = refusal(model, socket);
    if (error != 0) {
        model->refused[model->refused_count++] =
            (struct afd_model_refusal){context, error};
        return error;
    }
    if (++model->helper_requests[helper_at] > AFD_MODEL_HELPER_REQUESTS) {
        afd_model_fail(model, "more requests than one helper should have");
    }
    struct afd_model_request *request =
        &model->requests[model->request_count++];
    request->memory = memory;
    request->socket = afd_model_socket(model, socket & ~BASE_BIT);
    request->helper = helper;
    request->context = context;
    request->asked = events;
    request->stage = AFD_MODEL_WATCHING;
    memory_lock(request);
    if (afd_model_chance(model, model->prompt)) {
        notice(model, request);
    }
    return 0;
}

void mio__afd_cancel(uintptr_t helper, struct mio__afd_request *memory)
{
    struct afd_model_request *request = at_memory(current, memory);
    current->cancellations++;
    if (request == NULL || request->helper != helper ||
        request->stage == AFD_MODEL_CANCELLING) {
        afd_model_fail(current, "a cancellation of what is not in flight");
    } else if (request->stage == AFD_MODEL_WATCHING) {
        request->stage = AFD_MODEL_CANCELLING;
        if (afd_model_chance(current, current->prompt)) {
            notice(current, request);
        }
    }
}
