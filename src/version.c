/* version.c: what the library says about itself. */
#include "internal.h"

#include "sys/selector.h"

#define STRING_(x) #x
#define STRING(x) STRING_(x)

const char *mio_version(void)
{
    return STRING(MIO_VERSION_MAJOR) "." STRING(MIO_VERSION_MINOR) "." STRING(
        MIO_VERSION_PATCH);
}

const char *mio_backend_name(void)
{
    return mio__selector_name();
}
