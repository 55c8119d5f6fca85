/*
 * The engine's macros, wrapped in functions that Rust can call.
 *
 * Zend's API is half macros, and the macros differ between PHP versions and between NTS and ZTS. All of that stays in
 * this file and those beside it (call.c calls PHP); shim.rs declares what they offer. PHP 8.1 to 8.5.
 *
 * Rule: whatever can run PHP code (a call, a destructor, a comparison with an object) runs under zend_try and comes
 * back as a ws_outcome. A bailout is a longjmp: it must never leave a frame of Rust behind that has something to drop.
 */
#include "shim.h"
#include "zend_fibers.h"
#include "zend_interfaces.h"
#include "zend_signal.h"
#include "zend_smart_str.h"
#include "ext/spl/spl_exceptions.h"
#include "SAPI.h"

#include <signal.h>

/* ---------------------------------------------------------------- outcomes */

/* Runs fn(ctx); a bailout inside comes back as a value. */
int ws_protect(void (*fn)(void *), void *ctx)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	zend_try {
		fn(ctx);
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}

/* What something that runs PHP code on the way has left behind: an exception, exit, or the end after a fatal error. */
int ws_pending(void)
{
	return UNEXPECTED(CG(unclean_shutdown)) ? WS_BAILOUT : ws_classify();
}

/* Whether ws_pending() has something to tell. */
bool ws_has_leftover(void)
{
	return EG(exception) != NULL || CG(unclean_shutdown);
}

ZEND_COLD void ws_bailout(void)
{
	zend_bailout();
}

/* Whether a bailout happened in this request: PHP will drop its whole heap, and nothing may run any more. */
bool ws_unclean(void)
{
	return CG(unclean_shutdown);
}

/*
 * What the VM does at a jump when a signal or timer asked for attention (pcntl's handlers run here). epoll_wait is not
 * the VM, so the loop has to ask.
 */
int ws_vm_interrupt(void)
{
#if PHP_VERSION_ID >= 80200
	if (EXPECTED(!zend_atomic_bool_load_ex(&EG(vm_interrupt)))) {
		return WS_RETURNED;
	}
#else
	if (EXPECTED(!EG(vm_interrupt))) {
		return WS_RETURNED;
	}
#endif
	volatile ws_outcome outcome = WS_BAILOUT;
	zend_try {
#if PHP_VERSION_ID >= 80200
		zend_atomic_bool_store_ex(&EG(vm_interrupt), false);
		if (zend_atomic_bool_load_ex(&EG(timed_out))) {
			zend_timeout();
		}
#else
		EG(vm_interrupt) = 0;
		if (EG(timed_out)) {
			zend_timeout();
		}
#endif
		if (zend_interrupt_function) {
			zend_interrupt_function(EG(current_execute_data));
		}
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}

/* max_execution_time counts CPU time on Linux: a server would use it up some day. */
void ws_disarm_time_limit(void)
{
	zend_unset_timeout();
}

void ws_rearm_time_limit(void)
{
	if (EG(timeout_seconds) > 0) {
		zend_set_timeout(EG(timeout_seconds), false);
	}
}

/* ---------------------------------------------------------------- strings and keys, made once */

static zend_string *ws_key_peer_name, *ws_key_state, *ws_key_ping_time, *ws_key_pong_time, *ws_key_buffer;
static zend_string *ws_states[3];
zend_string *ws_word_quit;
static zend_class_entry *ws_exception_ce;

int ws_module_startup(void)
{
#define WS_INTERN(s) zend_string_init_interned(s, sizeof(s) - 1, 1)
	ws_key_peer_name = WS_INTERN("peer_name");
	ws_key_state = WS_INTERN("state");
	ws_key_ping_time = WS_INTERN("ping_time");
	ws_key_pong_time = WS_INTERN("pong_time");
	ws_key_buffer = WS_INTERN("buffer");
	ws_states[0] = WS_INTERN("CONNECTING");
	ws_states[1] = WS_INTERN("OPEN");
	ws_states[2] = WS_INTERN("REMOTE TERMINATED");
	ws_word_quit = WS_INTERN("quit");
#undef WS_INTERN
	zend_class_entry ce;
	INIT_CLASS_ENTRY(ce, "WsException", NULL);
	ws_exception_ce = zend_register_internal_class_ex(&ce, spl_ce_RuntimeException);
	return ws_exception_ce ? SUCCESS : FAILURE;
}

/* ---------------------------------------------------------------- exceptions */

/* The pending exception, owned by the caller now; nothing is pending afterwards. */
zend_object *ws_exception_take(void)
{
	zend_object *exception = EG(exception);
	GC_ADDREF(exception);
	zend_clear_exception();
	return exception;
}

int ws_object_release(zend_object *object)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	zend_try {
		OBJ_RELEASE(object);
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}

static zval *ws_exception_property(zend_object *exception, zend_known_string_id name, zval *rv)
{
	zend_class_entry *base = instanceof_function(exception->ce, zend_ce_exception) ? zend_ce_exception : zend_ce_error;
	zval *value = zend_read_property_ex(base, exception, ZSTR_KNOWN(name), 1, rv);
	ZVAL_DEREF(value);
	return value;
}

static void ws_append_string(smart_str *out, zval *value, const char *otherwise)
{
	if (value && Z_TYPE_P(value) == IS_STRING) {
		smart_str_append(out, Z_STR_P(value));
	} else {
		smart_str_appends(out, otherwise);
	}
}

/* Frames without their arguments: these hold cookies, tokens and passwords, which have no place in a log. */
static void ws_append_trace(smart_str *out, zval *trace)
{
	zend_long n = 0;
	zval *frame;
	if (Z_TYPE_P(trace) != IS_ARRAY) {
		return;
	}
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(trace), frame) {
		ZVAL_DEREF(frame);
		if (Z_TYPE_P(frame) != IS_ARRAY) {
			continue;
		}
		HashTable *f = Z_ARRVAL_P(frame);
		zval *file = zend_hash_find(f, ZSTR_KNOWN(ZEND_STR_FILE));
		zval *line = zend_hash_find(f, ZSTR_KNOWN(ZEND_STR_LINE));
		smart_str_appends(out, "\n  #");
		smart_str_append_long(out, n++);
		smart_str_appendc(out, ' ');
		ws_append_string(out, file, "[internal function]");
		if (file && line && Z_TYPE_P(line) == IS_LONG) {
			smart_str_appendc(out, '(');
			smart_str_append_long(out, Z_LVAL_P(line));
			smart_str_appendc(out, ')');
		}
		smart_str_appends(out, ": ");
		ws_append_string(out, zend_hash_find(f, ZSTR_KNOWN(ZEND_STR_CLASS)), "");
		ws_append_string(out, zend_hash_find(f, ZSTR_KNOWN(ZEND_STR_TYPE)), "");
		ws_append_string(out, zend_hash_find(f, ZSTR_KNOWN(ZEND_STR_FUNCTION)), "");
		smart_str_appends(out, "()");
	} ZEND_HASH_FOREACH_END();
	smart_str_appends(out, "\n  #");
	smart_str_append_long(out, n);
	smart_str_appends(out, " {main}");
}

/* Longest chain of getPrevious() that is told. */
#define WS_MAX_PREVIOUS 8

/* "Class: message in file:line", the trace, and the same for each previous exception. */
int ws_exception_describe(zend_object *exception, zend_string **description)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	*description = NULL;
	zend_try {
		smart_str out = {0};
		zend_object *told = exception;
		for (int depth = 0; told && depth < WS_MAX_PREVIOUS; depth++) {
			zval rv;
			if (depth) {
				smart_str_appends(&out, "\ncaused by ");
			}
			smart_str_append(&out, told->ce->name);
			smart_str_appends(&out, ": ");
			ws_append_string(&out, ws_exception_property(told, ZEND_STR_MESSAGE, &rv), "");
			smart_str_appends(&out, " in ");
			ws_append_string(&out, ws_exception_property(told, ZEND_STR_FILE, &rv), "?");
			zval *line = ws_exception_property(told, ZEND_STR_LINE, &rv);
			smart_str_appendc(&out, ':');
			smart_str_append_long(&out, Z_TYPE_P(line) == IS_LONG ? Z_LVAL_P(line) : 0);
			ws_append_trace(&out, ws_exception_property(told, ZEND_STR_TRACE, &rv));
			zval *previous = ws_exception_property(told, ZEND_STR_PREVIOUS, &rv);
			told = Z_TYPE_P(previous) == IS_OBJECT ? Z_OBJ_P(previous) : NULL;
		}
		*description = smart_str_extract(&out);
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}

void ws_throw(const char *message, size_t len, zend_long code)
{
	zend_throw_exception_ex(ws_exception_ce, code, "%.*s", (int)MIN(len, INT_MAX), message);
}

/* ---------------------------------------------------------------- strings */

/* Room for `capacity` bytes; the length is the caller's to set. */
zend_string *ws_string_alloc(size_t capacity)
{
	return zend_string_alloc(capacity, 0);
}

zend_string *ws_string_init(const char *bytes, size_t len)
{
	return zend_string_init_fast(bytes, len);
}

/* For a string that nobody else holds. Keeps the first `used` bytes. */
zend_string *ws_string_resize(zend_string *s, size_t used, size_t capacity)
{
	s = erealloc2(s, ZEND_MM_ALIGNED_SIZE(_ZSTR_STRUCT_SIZE(capacity)), _ZSTR_STRUCT_SIZE(used));
	ZSTR_LEN(s) = capacity;
	return s;
}

void ws_string_release(zend_string *s)
{
	zend_string_release_ex(s, 0);
}

/*
 * PHP notes with a string that it was found to be UTF-8, and forgets it when the string is changed: so what a client sent
 * and what is sent to many is looked at once. Interned strings may be read-only.
 */
bool ws_string_is_known_utf8(const zend_string *s)
{
	return (GC_FLAGS(s) & IS_STR_VALID_UTF8) != 0;
}

void ws_string_note_utf8(zend_string *s)
{
	if (!ZSTR_IS_INTERNED(s)) {
		GC_ADD_FLAGS(s, IS_STR_VALID_UTF8);
	}
}

/*
 * Whether `size` more bytes leave PHP well inside memory_limit. Messages are received into PHP's own heap; many clients
 * with half a message each must not be able to run PHP into its limit, which is fatal.
 */
bool ws_memory_has_room(size_t size)
{
	size_t limit = (size_t)PG(memory_limit);
	size_t used;
	if (PG(memory_limit) <= 0) {
		return true;
	}
	used = zend_memory_usage(true);
	/* Half of the limit is the application's, and the heap grows by whole chunks of 2 MiB. */
	return used < limit / 2 && size < limit / 2 - used;
}

/* Bytes of PHP's heap: used, or with what is reserved. */
size_t ws_memory_usage(bool reserved)
{
	return zend_memory_usage(reserved);
}

size_t ws_memory_peak(void)
{
	return zend_memory_peak_usage(true);
}

/* The version of the PHP that runs, which need not be the one of the headers. */
zend_string *ws_php_version(void)
{
	zval *version = zend_get_constant_str(ZEND_STRL("PHP_VERSION"));
	return version && Z_TYPE_P(version) == IS_STRING ? zend_string_copy(Z_STR_P(version)) : ZSTR_EMPTY_ALLOC();
}

/* ---------------------------------------------------------------- globals */

/* The reference behind a global variable, which is made where it is missing; with a count for the caller. */
zend_reference *ws_global_reference(const char *name, size_t len)
{
	zval *variable = zend_hash_str_find(&EG(symbol_table), name, len);
	if (!variable) {
		zval null;
		ZVAL_NULL(&null);
		variable = zend_hash_str_add_new(&EG(symbol_table), name, len, &null);
	}
	if (Z_TYPE_P(variable) == IS_INDIRECT) {
		/* A compiled variable of the script that runs at global scope. */
		variable = Z_INDIRECT_P(variable);
	}
	if (Z_TYPE_P(variable) == IS_UNDEF) {
		ZVAL_NULL(variable);
	}
	ZVAL_MAKE_REF(variable);
	Z_ADDREF_P(variable);
	return Z_REF_P(variable);
}

int ws_reference_release(zend_reference *reference)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	zend_try {
		zval value;
		ZVAL_REF(&value, reference);
		zval_ptr_dtor(&value);
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}

/* `$variable = value`, whatever the variable is a reference to; takes the value over. */
static void ws_assign(zval *variable, zval *value)
{
	zval old;
	if (Z_ISREF_P(variable)) {
		if (UNEXPECTED(ZEND_REF_HAS_TYPE_SOURCES(Z_REF_P(variable)))) {
			/* The application bound a typed property to it: the type decides, with a TypeError. */
			zend_try_assign_typed_ref_zval(Z_REF_P(variable), value);
			return;
		}
		variable = Z_REFVAL_P(variable);
	}
	ZVAL_COPY_VALUE(&old, variable);
	ZVAL_COPY_VALUE(variable, value);
	zval_ptr_dtor(&old);
}

/* The value behind a reference, with a count of its own. */
void ws_reference_copy(zend_reference *reference, zval *value)
{
	ZVAL_COPY_DEREF(value, &reference->val);
}

/* Assigns; takes the value over. The old value's destructor may run. */
int ws_reference_assign(zend_reference *reference, zval *value)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	zend_try {
		zval variable;
		ZVAL_REF(&variable, reference);
		ws_assign(&variable, value);
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}

void ws_reference_new(zend_reference **out, zval *value)
{
	zval reference;
	ZVAL_COPY_VALUE(&reference, value);
	ZVAL_MAKE_REF(&reference);
	*out = Z_REF(reference);
}

/* The string behind a reference, or NULL where the application put something else there. */
zend_string *ws_reference_string(zend_reference *reference)
{
	return Z_TYPE(reference->val) == IS_STRING ? Z_STR(reference->val) : NULL;
}

void ws_empty_array(zval *value)
{
	array_init(value);
}

/* `$array[key] = value` for an array that nobody else holds; a numeric key counts as PHP counts it. Takes the value over. */
void ws_array_set(zval *array, const char *key, size_t len, zval *value)
{
	zend_symtable_str_update(Z_ARRVAL_P(array), key, len, value);
}

void ws_array_set_index(zval *array, zend_long key, zval *value)
{
	zend_hash_index_update(Z_ARRVAL_P(array), (zend_ulong)key, value);
}

void ws_array_push(zval *array, zval *value)
{
	zend_hash_next_index_insert(Z_ARRVAL_P(array), value);
}

/* ---------------------------------------------------------------- the mirror: an array behind a reference */

/*
 * The reference behind element `key`, as `f($array[$key])` makes one for a by-reference parameter; NULL where there is no
 * such element, or no array. Runs no PHP. Good until PHP runs again, and only lent.
 */
zend_reference *ws_array_element(zend_reference *array, zend_ulong key)
{
	zval *element;
	if (UNEXPECTED(Z_TYPE(array->val) != IS_ARRAY)) {
		return NULL;
	}
	SEPARATE_ARRAY(&array->val);
	element = zend_hash_index_find(Z_ARRVAL(array->val), key);
	if (UNEXPECTED(!element)) {
		return NULL;
	}
	ZVAL_MAKE_REF(element);
	return Z_REF_P(element);
}

/*
 * Puts a value (taken over) at `key`. The application may have assigned anything: what is not an array (any more) becomes
 * one, what is shared with a copy of the application's is separated. What was there before goes last: its destructor may
 * do the same again.
 */
int ws_array_put(zend_reference *array, zend_ulong key, zval *value)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	zend_try {
		zval old, replaced, *element;
		ZVAL_UNDEF(&old);
		if (EXPECTED(Z_TYPE(array->val) == IS_ARRAY)) {
			SEPARATE_ARRAY(&array->val);
		} else {
			ZVAL_COPY_VALUE(&old, &array->val);
			array_init(&array->val);
		}
		element = zend_hash_index_lookup(Z_ARRVAL(array->val), key);
		ZVAL_COPY_VALUE(&replaced, element);
		ZVAL_COPY_VALUE(element, value);
		zval_ptr_dtor(&replaced);
		zval_ptr_dtor(&old);
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}

int ws_array_remove(zend_reference *array, zend_ulong key)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	zend_try {
		if (Z_TYPE(array->val) == IS_ARRAY && zend_hash_index_exists(Z_ARRVAL(array->val), key)) {
			SEPARATE_ARRAY(&array->val);
			zend_hash_index_del(Z_ARRVAL(array->val), key);
		}
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}

/* What a connection's element holds at first. */
void ws_connection_new(zval *value, const char *peer_name, size_t len, int state)
{
	zval field;
	array_init_size(value, 8);
	ZVAL_STRINGL(&field, peer_name, len);
	zend_hash_add_new(Z_ARRVAL_P(value), ws_key_peer_name, &field);
	ZVAL_INTERNED_STR(&field, ws_states[state]);
	zend_hash_add_new(Z_ARRVAL_P(value), ws_key_state, &field);
	ZVAL_FALSE(&field);
	zend_hash_add_new(Z_ARRVAL_P(value), ws_key_ping_time, &field);
	zend_hash_add_new(Z_ARRVAL_P(value), ws_key_pong_time, &field);
}

/*
 * `$array[key][name] = value`, if the application left an array at `key`; anything else is its own business. The old
 * value's destructor may change everything, so nothing that was found is used after it.
 */
static void ws_assign_field(zend_reference *array, zend_ulong key, zend_string *name, zval *value)
{
	zval *element = Z_TYPE(array->val) == IS_ARRAY ? zend_hash_index_find(Z_ARRVAL(array->val), key) : NULL;
	if (!element) {
		return;
	}
	ZVAL_DEREF(element);
	if (Z_TYPE_P(element) != IS_ARRAY) {
		return;
	}
	/* Separating moves the element away from under the pointer. */
	SEPARATE_ARRAY(&array->val);
	element = zend_hash_index_find(Z_ARRVAL(array->val), key);
	ZVAL_DEREF(element);
	SEPARATE_ARRAY(element);
	ws_assign(zend_hash_lookup(Z_ARRVAL_P(element), name), value);
}

/* Writes fields into the element `key`. state: index into ws_states, or -1. Times: NaN leaves them alone. */
int ws_connection_update(zend_reference *array, zend_ulong key, int state, bool buffer, double ping, double pong)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	zend_try {
		zval field;
		if (state >= 0) {
			ZVAL_INTERNED_STR(&field, ws_states[state]);
			ws_assign_field(array, key, ws_key_state, &field);
		}
		if (buffer) {
			ZVAL_EMPTY_ARRAY(&field);
			ws_assign_field(array, key, ws_key_buffer, &field);
		}
		if (ping == ping) {
			ZVAL_DOUBLE(&field, ping);
			ws_assign_field(array, key, ws_key_ping_time, &field);
		}
		if (pong == pong) {
			ZVAL_DOUBLE(&field, pong);
			ws_assign_field(array, key, ws_key_pong_time, &field);
		}
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}

/* ---------------------------------------------------------------- signals */

/* Whether nobody (pcntl_signal, nohup, the shell of a background job) has said what this signal should do. */
bool ws_signal_is_default(int signo)
{
	struct sigaction current;
	memset(&current, 0, sizeof current);
	zend_sigaction(signo, NULL, &current);
	return current.sa_handler == SIG_DFL;
}
