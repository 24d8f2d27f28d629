#pragma once

// What Swift cannot reach in hiredis by itself: the anonymous struct of event hooks, macros with arguments,
// and the few differences between hiredis 0.14 and 1.x. Also eventfd(2) and the GNU thread name, which the
// Glibc module lacks. No pkg-config file is used: hiredis's carries a flag that SwiftPM warns about.

#include <hiredis/hiredis.h>
#include <hiredis/async.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>

// The sources of GNU extensions are not visible under every feature-test macro, so they are declared here.
extern int pthread_setname_np(pthread_t thread, const char *name);

enum {
    chiredis_reply_double = 7,
    chiredis_reply_bool = 8,
    chiredis_reply_map = 9,
    chiredis_reply_set = 10,
    chiredis_reply_attribute = 11,
    chiredis_reply_push = 12,
    chiredis_reply_big_number = 13,
    chiredis_reply_verbatim = 14,
};

#if HIREDIS_MAJOR >= 1
_Static_assert(REDIS_REPLY_DOUBLE == chiredis_reply_double, "RESP3 reply types moved");
_Static_assert(REDIS_REPLY_VERB == chiredis_reply_verbatim, "RESP3 reply types moved");
#endif

typedef void (*chiredis_hook)(void *owner);

// Sets the event hooks. Must come before the connect callback is set, since that asks for the first write event.
static inline void chiredis_set_hooks(
    redisAsyncContext *context, void *owner,
    chiredis_hook add_read, chiredis_hook del_read,
    chiredis_hook add_write, chiredis_hook del_write,
    chiredis_hook cleanup
) {
    context->ev.data = owner;
    context->ev.addRead = add_read;
    context->ev.delRead = del_read;
    context->ev.addWrite = add_write;
    context->ev.delWrite = del_write;
    context->ev.cleanup = cleanup;
}

static inline int chiredis_descriptor(const redisAsyncContext *context) {
    return (int)context->c.fd;
}

// The error of the inner context: the outer copy is not made yet while the connect callback runs.
static inline int chiredis_error(const redisAsyncContext *context) {
    return context->c.err != 0 ? context->c.err : context->err;
}

static inline const char *chiredis_error_text(const redisAsyncContext *context) {
    return context->c.errstr;
}

// Bytes formatted but not written to the socket yet.
static inline size_t chiredis_unwritten(const redisAsyncContext *context) {
    return context->c.obuf == NULL ? 0 : sdslen(context->c.obuf);
}
