/* text.h: writing text into a buffer of the caller, without stdio. */
#ifndef MIO_TEXT_H
#define MIO_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Counts what does not fit, too, so that an end is always reached. */
struct mio__text {
    char *data;
    size_t size;
    size_t length; /* wanted so far, without the NUL */
};

void mio__text_char(struct mio__text *text, char c);
void mio__text_string(struct mio__text *text, const char *string);

/* In base 2 to 16, in lower case. */
void mio__text_number(struct mio__text *text, uint64_t number, unsigned base);

/* Ends the text: its length, or MIO_ERR_NO_SPACE with an empty string. */
int mio__text_end(struct mio__text *text);

#endif
