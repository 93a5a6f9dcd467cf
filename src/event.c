/* event.c: the exported predicates, and interests and events as text. */
#include "internal.h"

#include "text.h"

/* The one place where the inline predicates of mio/event.h get a body that can
 * be linked to. */
extern mio_token mio_event_token(const mio_event *event);
extern bool mio_event_is_readable(const mio_event *event);
extern bool mio_event_is_writable(const mio_event *event);
extern bool mio_event_is_error(const mio_event *event);
extern bool mio_event_is_read_closed(const mio_event *event);
extern bool mio_event_is_write_closed(const mio_event *event);
extern bool mio_event_is_priority(const mio_event *event);
extern bool mio_event_is_aio(const mio_event *event);
extern bool mio_event_is_lio(const mio_event *event);

struct flag_name {
    uint32_t flag;
    const char *name;
};

static const struct flag_name interest_names[] = {
    {MIO_READABLE, "READABLE"}, {MIO_WRITABLE, "WRITABLE"},
    {MIO_PRIORITY, "PRIORITY"}, {MIO_AIO, "AIO"},
    {MIO_LIO, "LIO"},           {MIO_LEVEL, "LEVEL"},
    {MIO_ONESHOT, "ONESHOT"},   {MIO_EXCLUSIVE, "EXCLUSIVE"},
};

static const struct flag_name event_names[] = {
    {MIO_EVENT_IN, "IN"},
    {MIO_EVENT_OUT, "OUT"},
    {MIO_EVENT_PRIORITY, "PRIORITY"},
    {MIO_EVENT_ERROR, "ERROR"},
    {MIO_EVENT_HANGUP, "HANGUP"},
    {MIO_EVENT_READ_CLOSED, "READ_CLOSED"},
    {MIO_EVENT_WRITE_CLOSED, "WRITE_CLOSED"},
    {MIO_EVENT_PIPE_SENDER, "PIPE_SENDER"},
    {MIO_EVENT_AIO, "AIO"},
    {MIO_EVENT_LIO, "LIO"},
};

/* "A | B | 0x40"; "0" when no flag is set. */
static void write_flags(struct mio__text *text, uint32_t flags,
                        const struct flag_name *names, size_t count)
{
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        if ((flags & names[i].flag) != 0) {
            mio__text_string(text, first ? "" : " | ");
            mio__text_string(text, names[i].name);
            flags &= ~names[i].flag;
            first = false;
        }
    }
    if (flags != 0 || first) {
        mio__text_string(text, first ? "" : " | ");
        mio__text_string(text, flags != 0 ? "0x" : "");
        mio__text_number(text, flags, 16);
    }
}

int mio_interest_format(mio_interest interest, char *data, size_t size)
{
    if (data == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    struct mio__text text = {data, size, 0};
    write_flags(&text, interest, interest_names,
                sizeof(interest_names) / sizeof(interest_names[0]));
    return mio__text_end(&text);
}

int mio_event_format(const mio_event *event, char *data, size_t size)
{
    if (event == NULL || data == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    struct mio__text text = {data, size, 0};
    mio__text_string(&text, "token=");
    mio__text_number(&text, event->token, 10);
    mio__text_char(&text, ' ');
    write_flags(&text, event->flags, event_names,
                sizeof(event_names) / sizeof(event_names[0]));
    return mio__text_end(&text);
}
