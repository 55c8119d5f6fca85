/*
 * The parameters of our functions and methods, one at a time, with PHP's own rules for types: converted in weak mode, a
 * TypeError where that can't be. Each returns false with an exception pending. What is read is lent: it lives as long
 * as the call. `i` counts from 0.
 */
#include "shim.h"

bool ws_arg_count(zend_execute_data *execute_data, uint32_t min, uint32_t max)
{
	uint32_t count = ZEND_NUM_ARGS();
	if (EXPECTED(count >= min && count <= max)) {
		return true;
	}
	zend_wrong_parameters_count_error(min, max);
	return false;
}

static zend_never_inline ZEND_COLD bool ws_arg_refuse(uint32_t i, zend_expected_type expected, zval *arg)
{
	zend_wrong_parameter_error(ZPP_ERROR_WRONG_ARG, i + 1, NULL, expected, arg);
	return false;
}

/* The expected types come in pairs: X, X_OR_NULL. */
#define WS_EXPECTED(type) (nullable ? Z_EXPECTED_##type##_OR_NULL : Z_EXPECTED_##type)

bool ws_arg_string(zend_execute_data *execute_data, uint32_t i, bool nullable, zend_string **out)
{
	zval *arg = ZEND_CALL_ARG(execute_data, i + 1);
	return EXPECTED(zend_parse_arg_str(arg, out, nullable, i + 1)) || ws_arg_refuse(i, WS_EXPECTED(STRING), arg);
}

bool ws_arg_long(zend_execute_data *execute_data, uint32_t i, zend_long *out)
{
	bool is_null;
	zval *arg = ZEND_CALL_ARG(execute_data, i + 1);
	return zend_parse_arg_long(arg, out, &is_null, false, i + 1) || ws_arg_refuse(i, Z_EXPECTED_LONG, arg);
}

bool ws_arg_double(zend_execute_data *execute_data, uint32_t i, bool nullable, bool *is_null, double *out)
{
	zval *arg = ZEND_CALL_ARG(execute_data, i + 1);
	*is_null = false;
	return zend_parse_arg_double(arg, out, is_null, nullable, i + 1) || ws_arg_refuse(i, WS_EXPECTED(DOUBLE), arg);
}

bool ws_arg_bool(zend_execute_data *execute_data, uint32_t i, bool *out)
{
	bool is_null;
	zval *arg = ZEND_CALL_ARG(execute_data, i + 1);
	return zend_parse_arg_bool(arg, out, &is_null, false, i + 1) || ws_arg_refuse(i, Z_EXPECTED_BOOL, arg);
}

bool ws_arg_array(zend_execute_data *execute_data, uint32_t i, HashTable **out)
{
	zval *arg = ZEND_CALL_ARG(execute_data, i + 1);
	return zend_parse_arg_array_ht(arg, out, false, false, false) || ws_arg_refuse(i, Z_EXPECTED_ARRAY, arg);
}

/* A string, or (NULL in `string`) an int. */
bool ws_arg_string_or_long(zend_execute_data *execute_data, uint32_t i, zend_string **string, zend_long *number)
{
	bool is_null;
	zval *arg = ZEND_CALL_ARG(execute_data, i + 1);
	*string = NULL;
	return zend_parse_arg_str_or_long(arg, string, number, &is_null, false, i + 1)
		|| ws_arg_refuse(i, Z_EXPECTED_STRING_OR_LONG, arg);
}

/* An array, or something Traversable. */
zval *ws_arg_iterable(zend_execute_data *execute_data, uint32_t i)
{
	zval *arg = ZEND_CALL_ARG(execute_data, i + 1);
	return zend_is_iterable(arg) || ws_arg_refuse(i, Z_EXPECTED_ITERABLE, arg) ? arg : NULL;
}

/* NULL where it is null and may be. */
bool ws_arg_callback(zend_execute_data *execute_data, uint32_t i, bool nullable, ws_callback **out)
{
	char *error = NULL;
	zval *arg = ZEND_CALL_ARG(execute_data, i + 1);
	*out = NULL;
	if (nullable && Z_TYPE_P(arg) == IS_NULL) {
		return true;
	}
	*out = ws_callback_new(arg, &error);
	if (*out) {
		return true;
	}
	if (!EG(exception)) {
		zend_argument_type_error(i + 1, "must be a valid callback%s, %s", nullable ? " or null" : "", error ? error : "");
	}
	if (error) {
		efree(error);
	}
	return false;
}

/* null (NULL then), something callable, or an object with a PSR-3 log() method. */
bool ws_arg_logger(zend_execute_data *execute_data, uint32_t i, ws_callback **out)
{
	zval *arg = ZEND_CALL_ARG(execute_data, i + 1);
	*out = NULL;
	if (Z_TYPE_P(arg) == IS_NULL) {
		return true;
	}
	if (Z_TYPE_P(arg) == IS_OBJECT) {
		zend_string *name = zend_string_init("Psr\\Log\\LoggerInterface", sizeof("Psr\\Log\\LoggerInterface") - 1, 0);
		zend_class_entry *ce = zend_lookup_class_ex(name, NULL, ZEND_FETCH_CLASS_NO_AUTOLOAD);
		zend_string_release(name);
		if (ce && instanceof_function(Z_OBJCE_P(arg), ce)) {
			zval method;
			array_init_size(&method, 2);
			Z_ADDREF_P(arg);
			add_next_index_zval(&method, arg);
			add_next_index_string(&method, "log");
			*out = ws_callback_new(&method, NULL);
			zval_ptr_dtor(&method);
		}
	}
	if (!*out) {
		*out = ws_callback_new(arg, NULL);
	}
	if (!*out && !EG(exception)) {
		zend_argument_type_error(i + 1, "must be of type Psr\\Log\\LoggerInterface|callable|null, %s given", zend_zval_type_name(arg));
	}
	return *out != NULL;
}

/* Any value, as it was passed. */
zval *ws_arg_value(zend_execute_data *execute_data, uint32_t i)
{
	return ZEND_CALL_ARG(execute_data, i + 1);
}
