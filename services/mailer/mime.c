/* mime: building the message. */
#include "services/mailer/mime.h"

#include <string.h>

#include <gmime/gmime.h>

void mime_start(void)
{
    g_mime_init();
}

/* The bytes as they are: g_mime_text_part_set_text would pick the narrowest charset that holds them. */
static GMimeObject *text_part(const char *subtype, struct text text)
{
    GMimeTextPart *part = g_mime_text_part_new_with_subtype(subtype);
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(text.p, text.n);
    GMimeDataWrapper *content = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);

    g_mime_text_part_set_charset(part, "utf-8");
    g_mime_part_set_content(GMIME_PART(part), content);
    g_mime_part_set_content_encoding(GMIME_PART(part), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    g_object_unref(content);
    g_object_unref(stream);
    return GMIME_OBJECT(part);
}

static void set_header(GMimeMessage *message, const char *name, const char *value)
{
    g_mime_object_set_header(GMIME_OBJECT(message), name, value, "utf-8");
}

/* Bytes as they are, folded where the caller folds: GMime would encode a long value as if it were words for people, and nobody
 * looks for a URL in that (RFC 2047, 5: no encoded words within structure). */
static void set_raw_header(GMimeMessage *message, const char *name, const char *value)
{
    GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(message));

    set_header(message, name, "");
    g_mime_header_set_raw_value(g_mime_header_list_get_header(headers, name), value);
}

/* The sender as the policy writes it. */
static InternetAddressMailbox *parse_sender(const char *from, InternetAddressList **list)
{
    InternetAddress *address;

    *list = internet_address_list_parse(NULL, from);
    if (*list == NULL || internet_address_list_length(*list) != 1)
        return NULL;
    address = internet_address_list_get_address(*list, 0);
    return INTERNET_ADDRESS_IS_MAILBOX(address) ? INTERNET_ADDRESS_MAILBOX(address) : NULL;
}

static void add_headers(GMimeMessage *message, const struct mime_envelope *envelope, const char *sender,
                        struct arena *arena)
{
    GDateTime *date = g_date_time_new_from_unix_utc(envelope->at_us / US_PER_S);
    const char *at = strrchr(sender, '@');
    char id[UUID_TEXT_BYTES];

    uuid_format(&envelope->mail, id);
    g_mime_message_set_date(message, date);
    g_date_time_unref(date);
    g_mime_message_set_message_id(message,
                                  text_cstr(arena, text_format(arena, "%s@%s", id, at == NULL ? "localhost" : at + 1)));
    if (envelope->automatic)
        set_header(message, "Auto-Submitted", "auto-generated");
    if (envelope->unsubscribe_url.n > 0) {
        struct text mailto = envelope->unsubscribe_mailto;
        set_raw_header(
            message, "List-Unsubscribe",
            text_cstr(arena, text_format(arena, " <%.*s>%s%.*s%s\n", TEXT_ARGS(envelope->unsubscribe_url),
                                         mailto.n > 0 ? ",\n <" : "", TEXT_ARGS(mailto), mailto.n > 0 ? ">" : "")));
        set_header(message, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    }
}

static struct text print(GMimeMessage *message, struct arena *arena)
{
    GMimeFormatOptions *options = g_mime_format_options_new();
    struct text out;
    char *printed;

    g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
    printed = g_mime_object_to_string(GMIME_OBJECT(message), options);
    out = text_copy(arena, text_of(printed));
    g_free(printed);
    g_mime_format_options_free(options);
    return out;
}

static bool has_control(struct text text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
            return true;
    return false;
}

enum outcome mime_build(const struct mime_envelope *envelope, const struct letter *letter, struct arena *arena,
                        struct text *message_out, char **from_address, struct error *err)
{
    InternetAddressList *senders = NULL;
    InternetAddressMailbox *sender = parse_sender(envelope->from, &senders);
    GMimeMessage *message;
    GMimeMultipart *parts;
    GMimeObject *part;

    if (sender == NULL || has_control(envelope->to) || envelope->to.n == 0) {
        if (senders != NULL)
            g_object_unref(senders);
        return error_refuse(err, "", "address", "an address can't be written into a header");
    }
    *from_address = text_cstr(arena, text_of(internet_address_mailbox_get_addr(sender)));
    message = g_mime_message_new(TRUE);
    g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_FROM, internet_address_get_name(INTERNET_ADDRESS(sender)),
                               *from_address);
    g_object_unref(senders);
    g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_TO, NULL, text_cstr(arena, envelope->to));
    g_mime_message_set_subject(message, text_cstr(arena, letter->subject), "utf-8");
    add_headers(message, envelope, *from_address, arena);
    parts = g_mime_multipart_new_with_subtype("alternative");
    part = text_part("plain", letter->text);
    g_mime_multipart_add(parts, part);
    g_object_unref(part);
    part = text_part("html", letter->html);
    g_mime_multipart_add(parts, part);
    g_object_unref(part);
    g_mime_message_set_mime_part(message, GMIME_OBJECT(parts));
    g_object_unref(parts);
    *message_out = print(message, arena);
    g_object_unref(message);
    return DONE;
}
