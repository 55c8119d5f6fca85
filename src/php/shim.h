/* What the C files of the extension share. */
#ifndef WS_SHIM_H
#define WS_SHIM_H

#include "php.h"
#include "zend_exceptions.h"

/* How a stretch of PHP ended. */
typedef enum { WS_RETURNED = 0, WS_THREW = 1, WS_EXIT = 2, WS_BAILOUT = 3 } ws_outcome;

static inline ws_outcome ws_classify(void)
{
	if (EXPECTED(!EG(exception))) {
		return WS_RETURNED;
	}
	if (zend_is_unwind_exit(EG(exception)) || zend_is_graceful_exit(EG(exception))) {
		return WS_EXIT;
	}
	return WS_THREW;
}

/* How many leading parameters are looked at for "by reference". No callback is called with more arguments. */
#define WS_MAX_ARGS 8

typedef struct {
	/* Undefined for a method of an object that outlives the callback. */
	zval callable;
	zend_fcall_info_cache fcc;
	/* __call and __callStatic hand out a trampoline that is good for one call: those are resolved each time. */
	bool cached;
	/* Bit i: parameter i is declared by reference. */
	uint32_t by_ref;
	/* A function written in PHP, without anything that zend_call_function() is needed for. */
	bool direct;
} ws_callback;

/* "quit", interned. */
extern zend_string *ws_word_quit;

/* NULL where it can't be called; `error` (may be NULL) gets the reason, to be efree'd. Takes a copy of the callable. */
ws_callback *ws_callback_new(zval *callable, char **error);

#endif
