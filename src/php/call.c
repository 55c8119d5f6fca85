/*
 * Calling PHP: callables that are looked up once, and the call itself.
 */
#include "shim.h"
#include "zend_closures.h"
#include "zend_observer.h"

/* Whether ws_call_direct() may be used. */
static bool ws_is_direct(const ws_callback *cb)
{
#if PHP_VERSION_ID >= 80200
	const zend_function *function = cb->fcc.function_handler;
	return function->type == ZEND_USER_FUNCTION && !(function->common.fn_flags & ZEND_ACC_DEPRECATED);
#else
	/* zend_call_function() puts a frame between, at times. */
	return false;
#endif
}

static ws_callback *ws_callback_prepare(zend_fcall_info_cache fcc)
{
	ws_callback *cb = emalloc(sizeof *cb);
	ZVAL_UNDEF(&cb->callable);
	cb->fcc = fcc;
	cb->cached = !(fcc.function_handler->common.fn_flags & ZEND_ACC_CALL_VIA_TRAMPOLINE);
	cb->by_ref = 0;
	cb->direct = false;
	if (cb->cached) {
		for (uint32_t i = 0; i < WS_MAX_ARGS; i++) {
			if (ARG_SHOULD_BE_SENT_BY_REF(fcc.function_handler, i + 1)) {
				cb->by_ref |= 1u << i;
			}
		}
		cb->direct = ws_is_direct(cb);
	} else {
		zend_release_fcall_info_cache(&fcc);
	}
	return cb;
}

ws_callback *ws_callback_new(zval *callable, char **error)
{
	zend_fcall_info fci;
	zend_fcall_info_cache fcc;
	char *reason = NULL;
	bool callable_now = zend_fcall_info_init(callable, 0, &fci, &fcc, NULL, &reason) == SUCCESS;
	if (error) {
		*error = callable_now ? NULL : reason;
	}
	if (reason && (callable_now || !error)) {
		efree(reason);
	}
	if (!callable_now) {
		return NULL;
	}
	ws_callback *cb = ws_callback_prepare(fcc);
	ZVAL_COPY(&cb->callable, callable);
	return cb;
}

ws_callback *ws_callback_for_function(const char *name, size_t len)
{
	zval callable;
	ZVAL_STRINGL(&callable, name, len);
	ws_callback *cb = ws_callback_new(&callable, NULL);
	zval_ptr_dtor(&callable);
	return cb;
}

/*
 * The method that an object's class declares (its name in lower case), or NULL. Private and protected ones too: it is
 * the class that is asked. The object is not held: it outlives the callback.
 */
ws_callback *ws_callback_for_method(zend_object *object, const char *name, size_t len)
{
	zend_function *function = zend_hash_str_find_ptr(&object->ce->function_table, name, len);
	if (!function || (function->common.fn_flags & (ZEND_ACC_STATIC | ZEND_ACC_ABSTRACT))) {
		return NULL;
	}
	zend_fcall_info_cache fcc = {0};
	fcc.function_handler = function;
	fcc.object = object;
	fcc.called_scope = object->ce;
	fcc.calling_scope = object->ce;
	return ws_callback_prepare(fcc);
}

/* "function", "Class::method" or "{closure} file:line". */
zend_string *ws_callback_name(const ws_callback *cb)
{
	zend_function *function = cb->cached ? cb->fcc.function_handler : NULL;
	if (!function) {
		return zend_get_callable_name((zval *)&cb->callable);
	}
	if (function->common.fn_flags & ZEND_ACC_CLOSURE && function->type == ZEND_USER_FUNCTION) {
		return zend_strpprintf(0, "{closure} %s:%u", ZSTR_VAL(function->op_array.filename), function->op_array.line_start);
	}
	zend_class_entry *scope = function->common.scope;
	const char *name = function->common.function_name ? ZSTR_VAL(function->common.function_name) : "?";
	return scope ? zend_strpprintf(0, "%s::%s", ZSTR_VAL(scope->name), name) : zend_strpprintf(0, "%s", name);
}

/* The callable itself, for the cycle collector; NULL for a method of the object that asks. */
zval *ws_callback_zval(ws_callback *cb)
{
	return Z_TYPE(cb->callable) == IS_UNDEF ? NULL : &cb->callable;
}

/* May run a destructor, when the callable was the last to hold an object. */
int ws_callback_free(ws_callback *cb)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	zend_try {
		zval_ptr_dtor(&cb->callable);
		efree(cb);
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}

uint32_t ws_callback_parameters(const ws_callback *cb)
{
	return cb->cached ? cb->fcc.function_handler->common.num_args : 0;
}

bool ws_callback_is_variadic(const ws_callback *cb)
{
	return !cb->cached || (cb->fcc.function_handler->common.fn_flags & ZEND_ACC_VARIADIC) != 0;
}

uint32_t ws_callback_by_ref(const ws_callback *cb)
{
	return cb->by_ref;
}

/* What the caller wants to know about the return value. */
typedef enum { WS_WISH_NOTHING = 0, WS_WISH_TRUTH = 1, WS_WISH_VERDICT = 2, WS_WISH_NOT_FALSE = 3 } ws_wish;
/* Answers to WS_WISH_VERDICT, as the legacy server looked at what ws_server_read returned. */
enum { WS_VERDICT_GO_ON = 0, WS_VERDICT_SKIP = 1, WS_VERDICT_QUIT = 2 };

static int ws_verdict(zval *retval)
{
	zval quit;
	ZVAL_DEREF(retval);
	if (Z_TYPE_P(retval) == IS_STRING && Z_STRLEN_P(retval) == 0) {
		return WS_VERDICT_GO_ON;
	}
	ZVAL_INTERNED_STR(&quit, ws_word_quit);
	return zend_compare(retval, &quit) == 0 ? WS_VERDICT_QUIT : WS_VERDICT_SKIP;
}

/* An argument whose u2.extra is set belongs to the call, which releases it; the others are only lent. */
#define WS_OWNED(arg) ((arg).u2.extra)

/* A by-reference parameter gets a reference, as it did when the legacy server passed variables. The call owns it. */
static void ws_make_references(const ws_callback *cb, uint32_t argc, zval *argv)
{
	uint32_t wrap = cb->by_ref;
	for (uint32_t i = 0; wrap && i < argc; i++, wrap >>= 1) {
		if ((wrap & 1) && !Z_ISREF(argv[i])) {
			if (!WS_OWNED(argv[i])) {
				Z_TRY_ADDREF(argv[i]);
				WS_OWNED(argv[i]) = 1;
			}
			ZVAL_MAKE_REF(&argv[i]);
		}
	}
}

/*
 * What zend_call_function() does for a function written in PHP, and nothing else: half of what that costs is looking for
 * what is not there. Arguments that are the call's own move into its frame.
 */
static void ws_call_direct(const ws_callback *cb, uint32_t argc, zval *argv, zval *retval)
{
	zend_function *function = cb->fcc.function_handler;
	uint32_t flags = function->common.fn_flags;
	uint32_t info = ZEND_CALL_TOP_FUNCTION | ZEND_CALL_DYNAMIC;
	void *object_or_scope = cb->fcc.called_scope;
	if (cb->fcc.object && !(flags & ZEND_ACC_STATIC)) {
		object_or_scope = cb->fcc.object;
		info |= ZEND_CALL_HAS_THIS;
	}
	if (flags & ZEND_ACC_CLOSURE) {
		/* The frame lets it go when it is left. */
		GC_ADDREF(ZEND_CLOSURE_OBJECT(function));
		info |= flags & ZEND_ACC_FAKE_CLOSURE ? ZEND_CALL_CLOSURE | ZEND_CALL_FAKE_CLOSURE : ZEND_CALL_CLOSURE;
	}
	zend_execute_data *call = zend_vm_stack_push_call_frame(info, function, argc, object_or_scope);
	for (uint32_t i = 0; i < argc; i++) {
		zval *arg = ZEND_CALL_ARG(call, i + 1);
		if (UNEXPECTED(Z_ISREF(argv[i]) && !(cb->by_ref >> i & 1))) {
			ZVAL_COPY(arg, Z_REFVAL(argv[i]));
		} else {
			ZVAL_COPY_VALUE(arg, &argv[i]);
			if (WS_OWNED(argv[i])) {
				WS_OWNED(argv[i]) = 0;
			} else {
				Z_TRY_ADDREF_P(arg);
			}
		}
	}
	zend_class_entry *fake_scope = EG(fake_scope);
	uint32_t jit_trace_num = EG(jit_trace_num);
	EG(fake_scope) = NULL;
	zend_init_func_execute_data(call, &function->op_array, retval);
	ZEND_OBSERVER_FCALL_BEGIN(call);
	zend_execute_ex(call);
	EG(jit_trace_num) = jit_trace_num;
	EG(fake_scope) = fake_scope;
	zend_vm_stack_free_call_frame(call);
	if (UNEXPECTED(EG(exception)) && Z_TYPE_P(retval) != IS_UNDEF) {
		zval_ptr_dtor(retval);
		ZVAL_UNDEF(retval);
	}
}

static void ws_call_any(ws_callback *cb, uint32_t argc, zval *argv, zval *retval)
{
	zend_fcall_info fci;
	fci.size = sizeof fci;
	ZVAL_COPY_VALUE(&fci.function_name, &cb->callable);
	fci.retval = retval;
	fci.params = argv;
	fci.object = cb->cached ? cb->fcc.object : NULL;
	fci.param_count = argc;
	fci.named_params = NULL;
#if PHP_VERSION_ID >= 80600
	fci.consumed_args = 0;
#endif
	zend_call_function(&fci, cb->cached ? &cb->fcc : NULL);
}

/*
 * The script is running, nothing is pending, and who calls is a function of ours. A frame of PHP code (something of ours is
 * called from the middle of an instruction) has to be told of an exception: zend_call_function() does that.
 */
static inline bool ws_may_call_direct(void)
{
	const zend_execute_data *caller = EG(current_execute_data);
	return EG(active) && !EG(exception) && caller && caller->func && !ZEND_USER_CODE(caller->func->type);
}

/* Return value and arguments are released inside the try: their destructors are PHP code too. */
int ws_call(ws_callback *cb, uint32_t argc, zval *argv, int wish, int *answer)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	zend_try {
		zval retval;
		ZVAL_UNDEF(&retval);
		if (cb->by_ref) {
			ws_make_references(cb, argc, argv);
		}
		if (EXPECTED(cb->direct && ws_may_call_direct())) {
			ws_call_direct(cb, argc, argv, &retval);
		} else {
			ws_call_any(cb, argc, argv, &retval);
		}
		if (wish == WS_WISH_TRUTH) {
			*answer = Z_TYPE(retval) != IS_UNDEF && zend_is_true(&retval);
		} else if (wish == WS_WISH_VERDICT) {
			*answer = Z_TYPE(retval) == IS_UNDEF ? WS_VERDICT_SKIP : ws_verdict(&retval);
		} else if (wish == WS_WISH_NOT_FALSE) {
			zval *returned = &retval;
			ZVAL_DEREF(returned);
			*answer = Z_TYPE_P(returned) != IS_FALSE;
		}
		zval_ptr_dtor(&retval);
		for (uint32_t i = 0; i < argc; i++) {
			if (WS_OWNED(argv[i])) {
				zval_ptr_dtor(&argv[i]);
			}
		}
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}
