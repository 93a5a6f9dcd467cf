/* socket.c: see socket.h. */
#include "socket.h"

/* ---- Options before bind and connect ------------------------------------*/

struct option_rule {
    size_t offset; /* of the int in mio_socket_options */
    enum mio__option option;
    int min;
    int max;
    unsigned kinds; /* of enum mio__socket_kind */
};

#define FIELD(name) offsetof(mio_socket_options, name)
#define TCP (MIO__TCP_LISTENER | MIO__TCP_STREAM)
#define ALL (TCP | MIO__UDP_SOCKET)

static const struct option_rule option_rules[] = {
    {FIELD(reuse_address), MIO__OPTION_REUSE_ADDRESS, 0, 1, ALL},
    {FIELD(reuse_port), MIO__OPTION_REUSE_PORT, 0, 1, ALL},
    {FIELD(v6_only), MIO__OPTION_V6_ONLY, 0, 1, ALL},
    {FIELD(send_buffer), MIO__OPTION_SEND_BUFFER, 1, INT32_MAX, ALL},
    {FIELD(receive_buffer), MIO__OPTION_RECEIVE_BUFFER, 1, INT32_MAX, ALL},
    {FIELD(keepalive), MIO__OPTION_KEEPALIVE, 0, 1, TCP},
    {FIELD(keepalive_idle), MIO__OPTION_KEEPALIVE_IDLE, 1, 32767, TCP},
    {FIELD(keepalive_interval), MIO__OPTION_KEEPALIVE_INTERVAL, 1, 32767, TCP},
    {FIELD(keepalive_count), MIO__OPTION_KEEPALIVE_COUNT, 1, 127, TCP},
    {FIELD(no_delay), MIO__OPTION_NO_DELAY, 0, 1, TCP},
    {FIELD(hop_limit), MIO__OPTION_TTL_V4, 1, 255, ALL},
    {FIELD(broadcast), MIO__OPTION_BROADCAST, 0, 1, MIO__UDP_SOCKET},
};

#define OPTION_RULES (sizeof(option_rules) / sizeof(option_rules[0]))

static int option_value(const mio_socket_options *options,
                        const struct option_rule *rule)
{
    return *(const int *)(const void *)((const char *)options + rule->offset);
}

static int options_check(const mio_socket_options *options,
                         enum mio__socket_kind kind, bool is_v6)
{
    if (options->struct_size != sizeof(*options)) {
        return MIO_ERR_VERSION;
    }
    for (size_t i = 0; i < OPTION_RULES; i++) {
        const struct option_rule *rule = &option_rules[i];
        int value = option_value(options, rule);
        if (value == MIO_DEFAULT) {
            continue;
        }
        if (value < rule->min || value > rule->max ||
            (rule->kinds & (unsigned)kind) == 0) {
            return MIO_ERR_INVALID_INPUT;
        }
        if (rule->option == MIO__OPTION_V6_ONLY && !is_v6) {
            return MIO_ERR_INVALID_INPUT;
        }
    }
    if (options->backlog != MIO_DEFAULT &&
        (options->backlog < 1 || kind != MIO__TCP_LISTENER)) {
        return MIO_ERR_INVALID_INPUT;
    }
    if (options->local != NULL &&
        (kind != MIO__TCP_STREAM ||
         (mio_addr_kind(options->local) == MIO_ADDR_IPV6) != is_v6)) {
        return MIO_ERR_INVALID_INPUT;
    }
    bool tuned = options->keepalive_idle != MIO_DEFAULT ||
                 options->keepalive_interval != MIO_DEFAULT ||
                 options->keepalive_count != MIO_DEFAULT;
    return tuned && options->keepalive == 0 ? MIO_ERR_INVALID_INPUT : 0;
}

static int options_apply(const mio_socket_options *options, mio_fd fd,
                         bool is_v6)
{
    for (size_t i = 0; i < OPTION_RULES; i++) {
        const struct option_rule *rule = &option_rules[i];
        enum mio__option option = rule->option;
        int value = option_value(options, rule);
        if (value == MIO_DEFAULT) {
            continue;
        }
        if (option == MIO__OPTION_TTL_V4 && is_v6) {
            option = MIO__OPTION_HOP_LIMIT_V6;
        }
        int error = mio__net_set_option(fd, option, value);
        bool tunes = option == MIO__OPTION_KEEPALIVE_IDLE ||
                     option == MIO__OPTION_KEEPALIVE_INTERVAL ||
                     option == MIO__OPTION_KEEPALIVE_COUNT;
        if (error == 0 && tunes) {
            error = mio__net_set_option(fd, MIO__OPTION_KEEPALIVE, 1);
        }
        if (error != 0) {
            return error;
        }
    }
    return options->local != NULL ? mio__net_bind(fd, options->local) : 0;
}

int mio__socket_open(enum mio__socket_kind kind, const mio_addr *addr,
                     const mio_socket_options *options, mio_fd *fd)
{
    mio_addr_family family = mio_addr_kind(addr);
    bool is_v6 = family == MIO_ADDR_IPV6;
    if (!is_v6 && family != MIO_ADDR_IPV4) {
        return MIO_ERR_INVALID_INPUT;
    }
    int error = options != NULL ? options_check(options, kind, is_v6) : 0;
    if (error != 0) {
        return error;
    }
    error = mio__net_open(
        family, kind == MIO__UDP_SOCKET ? MIO__DATAGRAM : MIO__STREAM, fd);
    if (error == 0 && options != NULL) {
        error = options_apply(options, *fd, is_v6);
        if (error != 0) {
            mio__net_close(*fd);
        }
    }
    return error;
}

int mio__socket_finish(mio_source *source, mio_fd fd, uint32_t flags, int error)
{
    if (error == 0) {
        mio__source_open(source, fd, flags);
    } else {
        mio__net_close(fd);
    }
    return error;
}

/* ---- On open sockets ----------------------------------------------------*/

int mio__socket_adopt(mio_source *source, mio_fd fd, enum mio__domain domain,
                      enum mio__transport transport, bool listening)
{
    if (source == NULL) {
        return MIO_ERR_INVALID_INPUT;
    }
    bool streams = transport == MIO__STREAM && !listening;
    int error = mio__net_adopt(fd, domain, transport, listening);
    if (error == 0) {
        mio__source_open(source, fd, streams ? MIO__SOURCE_STREAM : 0);
    }
    return error;
}

int mio__socket_accept(const mio_source *listener, mio_source *stream,
                       mio_addr *peer)
{
    int error = mio__socket_check(listener);
    if (error == 0 && stream == NULL) {
        error = MIO_ERR_INVALID_INPUT;
    }
    if (error != 0) {
        return error;
    }
    mio_fd fd;
    error = mio__net_accept(listener->fd, &fd, peer);
    if (error == 0) {
        mio__source_open(stream, fd, MIO__SOURCE_STREAM);
    } else if (error == MIO_ERR_WOULD_BLOCK) {
        mio__source_blocked(listener, MIO_READABLE);
    }
    return error;
}

mio_accept_class mio_accept_classify(int result)
{
    switch (result) {
    case MIO_ERR_WOULD_BLOCK:
        return MIO_ACCEPT_DRAINED;
    case MIO_ERR_CONNECTION_ABORTED:
    case MIO_ERR_INTERRUPTED:
        return MIO_ACCEPT_RETRY;
    case MIO_ERR_OUT_OF_DESCRIPTORS:
    case MIO_ERR_OUT_OF_MEMORY:
        return MIO_ACCEPT_NO_ROOM;
    default:
        return result >= 0 ? MIO_ACCEPT_OK : MIO_ACCEPT_FATAL;
    }
}

int mio__socket_local_addr(const mio_source *source, mio_addr *addr)
{
    int error =
        addr == NULL ? MIO_ERR_INVALID_INPUT : mio__socket_check(source);
    return error == 0 ? mio__net_local_addr(source->fd, addr) : error;
}

int mio__socket_peer_addr(const mio_source *source, mio_addr *addr)
{
    int error =
        addr == NULL ? MIO_ERR_INVALID_INPUT : mio__socket_check(source);
    return error == 0 ? mio__net_peer_addr(source->fd, addr) : error;
}

int mio__socket_shutdown(const mio_source *source, mio_shutdown how)
{
    int error = mio__socket_check(source);
    if (error == 0 && (unsigned)how > MIO_SHUTDOWN_BOTH) {
        error = MIO_ERR_INVALID_INPUT;
    }
    return error == 0 ? mio__net_shutdown(source->fd, how) : error;
}

int mio__socket_take_error(const mio_source *source)
{
    int error = mio__socket_check(source);
    if (error != 0) {
        return error;
    }
    error = mio__net_take_error(source->fd);
    if (error != 0) {
        /* The error has been reported and is over; what follows is news. */
        mio__source_blocked(source, MIO_READABLE);
    }
    return error;
}

int mio__socket_set_option(const mio_source *source, enum mio__option option,
                           uint32_t value, uint32_t min, uint32_t max)
{
    int error = mio__socket_check(source);
    if (error == 0 && (value < min || value > max)) {
        error = MIO_ERR_INVALID_INPUT;
    }
    return error == 0 ? mio__net_set_option(source->fd, option, (int)value)
                      : error;
}

int mio__socket_set_flag(const mio_source *source, enum mio__option option,
                         bool on)
{
    return mio__socket_set_option(source, option, on ? 1 : 0, 0, 1);
}

int mio__socket_option(const mio_source *source, enum mio__option option,
                       uint32_t *value)
{
    int found = 0;
    int error =
        value == NULL ? MIO_ERR_INVALID_INPUT : mio__socket_check(source);
    if (error == 0) {
        error = mio__net_get_option(source->fd, option, &found);
    }
    if (error == 0) {
        *value = (uint32_t)found;
    }
    return error;
}

int mio__socket_flag(const mio_source *source, enum mio__option option,
                     bool *on)
{
    uint32_t value;
    int error = on == NULL ? MIO_ERR_INVALID_INPUT
                           : mio__socket_option(source, option, &value);
    if (error == 0) {
        *on = value != 0;
    }
    return error;
}

/* Which option is the source's TTL: it depends on the family. */
static int ttl_option(const mio_source *source, enum mio__option *option)
{
    int error = mio__socket_check(source);
    return error == 0 ? mio__net_hop_option(source->fd, option) : error;
}

int mio__socket_set_ttl(const mio_source *source, uint32_t ttl)
{
    enum mio__option option;
    int error = ttl_option(source, &option);
    return error == 0 ? mio__socket_set_option(source, option, ttl, 1, 255)
                      : error;
}

int mio__socket_ttl(const mio_source *source, uint32_t *ttl)
{
    enum mio__option option;
    int error = ttl_option(source, &option);
    return error == 0 ? mio__socket_option(source, option, ttl) : error;
}
