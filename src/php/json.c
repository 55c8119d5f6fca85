/* PHP's own reader of JSON. */
#include "shim.h"
#include "ext/json/php_json.h"

#define WS_JSON_DEPTH 64

/* Reads an array out of JSON; false, and null in `value`, where it is none. */
bool ws_json_array(const char *json, size_t len, zval *value)
{
	/* It goes by the NUL at the end of every zend_string. */
	zend_string *text = zend_string_init(json, len, 0);
	/* With an exception instead of json_last_error(), which is the application's. */
	zend_long options = PHP_JSON_OBJECT_AS_ARRAY | PHP_JSON_THROW_ON_ERROR;
	bool read = php_json_decode_ex(value, ZSTR_VAL(text), ZSTR_LEN(text), options, WS_JSON_DEPTH) == SUCCESS;
	zend_string_release(text);
	if (read && Z_TYPE_P(value) == IS_ARRAY) {
		return true;
	}
	zend_clear_exception();
	zval_ptr_dtor(value);
	ZVAL_NULL(value);
	return false;
}
