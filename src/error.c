/* error.c: names and texts of the error codes. */
#include "internal.h"

struct error_entry {
    int code;
    const char *name;
    const char *text;
};

static const struct error_entry entries[] = {{MIO_OK, "MIO_OK", "success"},
#define ENTRY(name, number, text) {-(number), "MIO_ERR_" #name, text},
                                             MIO_ERROR_MAP(ENTRY)
#undef ENTRY
};

static const struct error_entry unknown = {0, "MIO_ERR_?", "unknown error"};

static const struct error_entry *entry_of(int error)
{
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        if (entries[i].code == error) {
            return &entries[i];
        }
    }
    return &unknown;
}

const char *mio_strerror(int error)
{
    return entry_of(error)->text;
}

const char *mio_error_name(int error)
{
    return entry_of(error)->name;
}
