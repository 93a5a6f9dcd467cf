/* subject_kind.h: what the kinds of subject.h are made of; for subject.c and
 * subject_unix.c. */
#ifndef SUBJECT_KIND_H
#define SUBJECT_KIND_H

#include "subject.h"

struct subject_kind {
    mio_source *(*open)(struct subject *subject);
    void (*close)(struct subject *subject);
    void (*feed)(struct subject *subject);
    mio_ssize (*take)(struct subject *subject); /* 0 or more, or an error */
};

/* For descriptors made outside the library; [0] becomes the source. */
mio_source *foreign_open(struct subject *subject, const mio_fd fds[2]);
void foreign_close(struct subject *subject);
/* The result of a read of the system's own, and what follows from it. */
mio_ssize foreign_took(struct subject *subject, ptrdiff_t count);

#endif
