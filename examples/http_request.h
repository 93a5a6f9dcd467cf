/* http_request.h: reads the head of an HTTP/1.1 request, for http_server.c.
 *
 * Strict, as a server should be: what is not quite right is refused.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* What the server needs to know of a request. */
struct request {
    bool get, head;
    bool is_http11;
    bool close, keep_alive;
    bool has_length, has_body, chunked;
    int hosts;
    const char *path;
    size_t path_size;
};

static bool is_token_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static size_t token_size(const char *text, const char *end)
{
    const char *p = text;
    while (p < end && is_token_char(*p)) {
        p++;
    }
    return (size_t)(p - text);
}

/* Compares without regard to case; `word` is in lower case. */
static bool equals(const char *text, size_t size, const char *word)
{
    size_t i = 0;
    while (i < size && word[i] != '\0') {
        char c = text[i];
        c = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        if (c != word[i]) {
            return false;
        }
        i++;
    }
    return i == size && word[i] == '\0';
}

static bool parse_request_line(struct request *r, const char *p,
                               const char *end, int *status)
{
    size_t size = token_size(p, end);
    r->get = size == 3 && memcmp(p, "GET", 3) == 0;
    r->head = size == 4 && memcmp(p, "HEAD", 4) == 0;
    p += size;
    if (size == 0 || p == end || *p++ != ' ') {
        return false;
    }
    const char *space = memchr(p, ' ', (size_t)(end - p));
    if (space == NULL || space == p || end - space != 9) {
        return false; /* a version has eight characters */
    }
    r->path = p;
    if (space - p > 7 && equals(p, 7, "http://")) { /* as proxies send it */
        r->path = memchr(p + 7, '/', (size_t)(space - p - 7));
        r->path = r->path == NULL ? space : r->path;
    }
    r->path_size = (size_t)(space - r->path);
    const char *query = memchr(r->path, '?', r->path_size);
    if (query != NULL) {
        r->path_size = (size_t)(query - r->path);
    }
    if (memcmp(space + 1, "HTTP/", 5) != 0 || space[7] != '.') {
        return false;
    }
    r->is_http11 = memcmp(space + 6, "1.1", 3) == 0;
    if (!r->is_http11 && memcmp(space + 6, "1.0", 3) != 0) {
        *status = 505;
    }
    return true;
}

/* Looks for the words of a Connection header. */
static void parse_connection(struct request *r, const char *p, const char *end)
{
    while (p < end) {
        size_t size = token_size(p, end);
        r->close = r->close || equals(p, size, "close");
        r->keep_alive = r->keep_alive || equals(p, size, "keep-alive");
        p += size > 0 ? size : 1;
    }
}

static bool parse_header(struct request *r, const char *p, const char *end)
{
    size_t size = token_size(p, end);
    const char *name = p;
    p += size;
    if (size == 0 || p == end || *p++ != ':') {
        return false;
    }
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }
    while (p < end && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    if (equals(name, size, "host")) {
        r->hosts++;
    } else if (equals(name, size, "connection")) {
        parse_connection(r, p, end);
    } else if (equals(name, size, "transfer-encoding")) {
        r->chunked = r->has_body = true;
    } else if (equals(name, size, "content-length")) {
        if (p == end || r->has_length) {
            return false;
        }
        r->has_length = true;
        for (; p < end; p++) {
            if (*p < '0' || *p > '9') {
                return false;
            }
            r->has_body = r->has_body || *p != '0';
        }
    }
    return true;
}

/* Reads a whole head, from the request line to the empty line. Returns the
 * status that the request deserves. */
static inline int parse_head(struct request *r, const char *p, const char *end)
{
    int status = 200;
    memset(r, 0, sizeof(*r));
    for (bool first = true;; first = false) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        if (newline == NULL || newline == p || newline[-1] != '\r' ||
            memchr(p, '\0', (size_t)(newline - p)) != NULL ||
            memchr(p, '\r', (size_t)(newline - 1 - p)) != NULL) {
            return 400;
        }
        const char *line_end = newline - 1;
        if (line_end == p) {
            break;
        }
        if (first ? !parse_request_line(r, p, line_end, &status)
                  : !parse_header(r, p, line_end)) {
            return 400;
        }
        p = newline + 1;
    }
    if (r->hosts > 1 || (r->is_http11 && r->hosts == 0) ||
        (r->has_length && r->chunked)) {
        return 400;
    }
    if (status != 200) {
        return status;
    }
    if (!r->get && !r->head) {
        return 405;
    }
    if (r->has_body) {
        return 413;
    }
    bool found = r->path_size == 0 || (r->path_size == 1 && *r->path == '/');
    return found ? 200 : 404;
}

/* Returns the size of the head at the beginning of the input; 0 if it is not
 * all there yet. */
static inline size_t head_size(const char *in, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++) {
        if (in[i] != '\n') {
            continue;
        }
        if (in[i + 1] == '\n') {
            return i + 2;
        }
        if (i + 2 < size && in[i + 1] == '\r' && in[i + 2] == '\n') {
            return i + 3;
        }
    }
    return 0;
}

#endif
