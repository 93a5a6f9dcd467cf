/* text.c: see text.h. */
#include "internal.h"

#include "text.h"

void mio__text_char(struct mio__text *text, char c)
{
    if (text->length < text->size) {
        text->data[text->length] = c;
    }
    text->length++;
}

void mio__text_string(struct mio__text *text, const char *string)
{
    while (*string != '\0') {
        mio__text_char(text, *string++);
    }
}

void mio__text_number(struct mio__text *text, uint64_t number, unsigned base)
{
    char digits[64];
    size_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    while (count > 0) {
        mio__text_char(text, digits[--count]);
    }
}

int mio__text_end(struct mio__text *text)
{
    if (text->length >= text->size) {
        if (text->size > 0) {
            text->data[0] = '\0';
        }
        return MIO_ERR_NO_SPACE;
    }
    text->data[text->length] = '\0';
    return (int)text->length;
}
