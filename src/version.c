/* version.c: what the library says about itself. */
#include "internal.h"

#include "sys/selector.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *mio_version(void)
{
    return TEXT(MIO_VERSION_MAJOR) "." TEXT(MIO_VERSION_MINOR) "." TEXT(
        MIO_VERSION_PATCH);
}

const char *mio_backend_name(void)
{
    return mio__selector_name();
}
