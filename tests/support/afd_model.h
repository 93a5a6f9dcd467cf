/* afd_model.h: a model of Windows' socket driver, AFD.
 *
 * It stands in for src/sys/windows/afd.c, so that the slots of the Windows
 * selector (slab.h) can be tested on any system. It has sockets with
 * conditions that hold or do not, handles that may be duplicated and whose
 * numbers come up again at once, and requests, which it completes early, late,
 * in any order, for no reason, or with an error. All chance comes from a seed.
 *
 * The memory of a request belongs to the model from the submission until its
 * completion has been fetched: whoever changes it meanwhile is found out, and
 * with an address sanitizer whoever reads it too.
 *
 * What is done wrong is noted in `failure`; the model then goes on. */
#ifndef AFD_MODEL_H
#define AFD_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/windows/afd.h"

#define AFD_MODEL_NUMBERS 80 /* handles; at most one socket for each */
#define AFD_MODEL_REQUESTS 80
#define AFD_MODEL_HELPERS 4
#define AFD_MODEL_HELPER_REQUESTS 32 /* what one helper should serve */

/* What of a socket can be asked for. */
#define AFD_MODEL_EVENTS                                                       \
    (MIO__AFD_RECEIVE | MIO__AFD_RECEIVE_EXPEDITED | MIO__AFD_SEND |           \
     MIO__AFD_DISCONNECT | MIO__AFD_ABORT | MIO__AFD_ACCEPT |                  \
     MIO__AFD_CONNECT_FAIL)

struct afd_model_socket {
    uint32_t holding; /* the conditions that hold, MIO__AFD_* */
    unsigned handles; /* 0: closed */
    bool is_datagram;
    bool is_layered; /* AFD knows it by another number than its user */
    bool is_failing; /* every request about it ends with an error */
};

/* A request that was not taken. */
struct afd_model_refusal {
    uintptr_t context;
    int error;
};

/* A completion. */
struct afd_model_answer {
    uintptr_t context;
    uint32_t events;
    bool is_error;
};

enum afd_model_stage {
    AFD_MODEL_WATCHING,
    AFD_MODEL_CANCELLING, /* the cancellation has not taken effect yet */
    AFD_MODEL_DONE        /* the completion waits to be fetched */
};

struct afd_model_request {
    struct mio__afd_request *memory;
    struct mio__afd_request image;   /* what the memory must be like */
    struct afd_model_socket *socket; /* NULL: closed */
    uintptr_t helper;
    uintptr_t context;
    uint32_t asked;
    enum afd_model_stage stage;
};

struct afd_model {
    uint64_t random;
    struct afd_model_socket sockets[AFD_MODEL_NUMBERS];
    struct afd_model_socket *handles[AFD_MODEL_NUMBERS]; /* NULL: free */
    struct afd_model_request requests[AFD_MODEL_REQUESTS];
    unsigned request_count;
    unsigned helper_requests[AFD_MODEL_HELPERS];
    bool helper_is_open[AFD_MODEL_HELPERS];
    unsigned helper_count;
    unsigned helper_limit;
    struct afd_model_refusal refused[AFD_MODEL_REQUESTS]; /* till emptied */
    unsigned refused_count;
    unsigned submissions;
    unsigned cancellations;
    /* How often what may go wrong does, in a thousand. */
    unsigned open_failures;
    unsigned submit_failures;
    unsigned prompt; /* completions at the submission, if they can be */
    const char *failure;
};

/* The model that mio__afd_* work on from now on. */
void afd_model_init(struct afd_model *model, uint64_t seed, unsigned helpers);

/* Gives back the memory of requests that are still in flight. */
void afd_model_forget(struct afd_model *model);

/* A number below limit. */
unsigned afd_model_random(struct afd_model *model, unsigned limit);
/* True so many times in a thousand. */
bool afd_model_chance(struct afd_model *model, unsigned permille);

void afd_model_fail(struct afd_model *model, const char *what);

/* ---- Sockets ------------------------------------------------------------*/

/* The lowest free number, or 0 if there is none. */
uintptr_t afd_model_open(struct afd_model *model, bool is_datagram,
                         bool is_layered);
uintptr_t afd_model_duplicate(struct afd_model *model, uintptr_t number);
void afd_model_close(struct afd_model *model, uintptr_t number);
/* An open number, or 0 if there is none. */
uintptr_t afd_model_any(struct afd_model *model);
/* The socket of a number, or NULL. */
struct afd_model_socket *afd_model_socket(struct afd_model *model,
                                          uintptr_t number);
/* The number that AFD knows a socket by. */
uintptr_t afd_model_base(struct afd_model *model, uintptr_t number);

/* ---- Requests -----------------------------------------------------------*/

/* The request with this context, or NULL. */
struct afd_model_request *afd_model_find(struct afd_model *model,
                                         uintptr_t context);
/* Looks at one request, or at all, and completes what can be completed. */
void afd_model_notice(struct afd_model *model);
void afd_model_notice_all(struct afd_model *model);
/* Completes one that nothing has happened to. */
void afd_model_disturb(struct afd_model *model);
/* Takes one completion, of those that wait any; false if none does. */
bool afd_model_fetch(struct afd_model *model, struct afd_model_answer *answer);

#endif
