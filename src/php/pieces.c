/* Going through an iterable: its elements, which must be strings, one at a time. Each step may run PHP code. */
#include "shim.h"
#include "zend_interfaces.h"

typedef struct {
	/* One of the two. */
	HashTable *array;
	zend_object_iterator *iterator;
	HashPosition position;
	bool begun;
} ws_pieces;

/* The value is held by the caller for as long as the pieces are. */
int ws_pieces_begin(zval *iterable, ws_pieces **out)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	*out = NULL;
	zend_try {
		ws_pieces *pieces = ecalloc(1, sizeof *pieces);
		*out = pieces;
		if (Z_TYPE_P(iterable) == IS_ARRAY) {
			pieces->array = Z_ARRVAL_P(iterable);
			zend_hash_internal_pointer_reset_ex(pieces->array, &pieces->position);
		} else {
			zend_class_entry *ce = Z_OBJCE_P(iterable);
			pieces->iterator = ce->get_iterator(ce, iterable, 0);
			if (!pieces->iterator && !EG(exception)) {
				zend_throw_error(NULL, "Object of type %s did not create an Iterator", ZSTR_VAL(ce->name));
			}
		}
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}

static zval *ws_pieces_of_array(ws_pieces *pieces)
{
	zval *value = zend_hash_get_current_data_ex(pieces->array, &pieces->position);
	if (value) {
		zend_hash_move_forward_ex(pieces->array, &pieces->position);
	}
	return value;
}

static zval *ws_pieces_of_iterator(ws_pieces *pieces)
{
	zend_object_iterator *iterator = pieces->iterator;
	const zend_object_iterator_funcs *funcs = iterator->funcs;
	if (pieces->begun) {
		funcs->move_forward(iterator);
	} else if (funcs->rewind) {
		funcs->rewind(iterator);
	}
	pieces->begun = true;
	if (EG(exception) || funcs->valid(iterator) != SUCCESS || EG(exception)) {
		return NULL;
	}
	return funcs->get_current_data(iterator);
}

/* The next one, with a count for the caller; NULL at the end. What is no string is told by the name of its type. */
int ws_pieces_next(ws_pieces *pieces, zend_string **piece, const char **wrong)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	*piece = NULL;
	*wrong = NULL;
	zend_try {
		zval *value = pieces->array ? ws_pieces_of_array(pieces) : ws_pieces_of_iterator(pieces);
		if (value && !EG(exception)) {
			ZVAL_DEREF(value);
			if (Z_TYPE_P(value) == IS_STRING) {
				*piece = zend_string_copy(Z_STR_P(value));
			} else {
				*wrong = zend_zval_type_name(value);
			}
		}
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}

int ws_pieces_end(ws_pieces *pieces)
{
	volatile ws_outcome outcome = WS_BAILOUT;
	zend_try {
		if (pieces->iterator) {
			zend_iterator_dtor(pieces->iterator);
		}
		efree(pieces);
		outcome = ws_classify();
	} zend_end_try();
	return outcome;
}
