/*
 * The classes as the engine knows them: tables of methods and properties, and what objects do. What methods do is
 * written in Rust; the pointers come with ws_classes_startup(). stubs/ws_server.stub.php says the same for readers, and
 * tools/stubs compares the two.
 *
 * WsConnection and WsRequest have no storage for their read-only properties, which are asked for when they are read: a
 * connection costs PHP 64 bytes, not 400. They are declared nevertheless, after those with storage, and then taken out of
 * the count of those with storage. The engine finds them by name only, and by name they are ours.
 */
#include "../shim.h"
#include "zend_interfaces.h"
#include "ext/spl/spl_array.h"

typedef struct {
	/* Belongs to Rust: what the object is a handle of. NULL only where PHP made the object by itself. */
	void *state;
	zend_object std;
} ws_object;

static inline ws_object *ws_from(zend_object *object)
{
	return (ws_object *)((char *)object - XtOffsetOf(ws_object, std));
}

typedef zif_handler ws_method;

typedef struct {
	void (*release)(void *state);
	/* Property `index` of those without storage. */
	void (*read)(void *state, uint32_t index, zval *value);
} ws_handle;

typedef struct {
	ws_method construct, on, listen, addresses, is_listening, run, tick, stream, stop, stop_listening, broadcast, broadcast_binary,
		publish, connection, connections, count, get_iterator, timer, cancel_timer, watch, unwatch, stats, read_option,
		set_option, set_logger;
	void *(*create)(zend_object *object);
	void (*release)(void *state);
	/* Calls ws_gc_add() for each callable that is held. */
	void (*gc)(void *state, zend_get_gc_buffer *buffer);
	const char *version;
} ws_server_methods;

typedef struct {
	ws_method send_text, send_binary, send_file, cancel_file, begin_message, write, end, ping, close, pause, resume,
		line_mode, subscribe, unsubscribe, topics;
	ws_handle handle;
} ws_connection_methods;

typedef struct {
	ws_method header, accept, reject;
	ws_handle handle;
} ws_request_methods;

typedef struct {
	ws_method construct, broadcast, send, publish, send_fragments, freest, stats, ping;
	void *(*create)(void);
	void (*release)(void *state);
	zend_long not_delivered, unknown;
} ws_control_methods;

static zend_class_entry *ws_server_ce, *ws_connection_ce, *ws_request_ce;
static zend_object_handlers ws_server_handlers, ws_connection_handlers, ws_request_handlers, ws_control_handlers;
static ws_handle ws_connection_hooks, ws_request_hooks;
static const ws_server_methods *ws_server_hooks;
static const ws_control_methods *ws_control_hooks;

/* How many properties have storage: WsConnection::$data; none. */
enum { WS_CONNECTION_STORED = 1, WS_REQUEST_STORED = 0 };

/* ---------------------------------------------------------------- properties without storage */

static const ws_handle *ws_hooks(const zend_object *object)
{
	return object->ce == ws_connection_ce ? &ws_connection_hooks : &ws_request_hooks;
}

static uint32_t ws_stored(const zend_class_entry *ce)
{
	return ce == ws_connection_ce ? WS_CONNECTION_STORED : WS_REQUEST_STORED;
}

/* Whether a property has no storage; which one. */
static bool ws_unstored(const zend_class_entry *ce, zend_string *name, uint32_t *index)
{
	const zend_property_info *info = zend_hash_find_ptr(&ce->properties_info, name);
	if (!info || OBJ_PROP_TO_NUM(info->offset) < ws_stored(ce)) {
		return false;
	}
	*index = OBJ_PROP_TO_NUM(info->offset) - ws_stored(ce);
	return true;
}

static zend_never_inline ZEND_COLD void ws_refuse_write(const zend_object *object, zend_string *name)
{
	zend_throw_error(NULL, "Cannot modify readonly property %s::$%s", ZSTR_VAL(object->ce->name), ZSTR_VAL(name));
}

static zval *ws_read_property(zend_object *object, zend_string *name, int type, void **cache_slot, zval *rv)
{
	uint32_t index;
	if (!ws_unstored(object->ce, name, &index)) {
		return zend_std_read_property(object, name, type, cache_slot, rv);
	}
	if (type != BP_VAR_R && type != BP_VAR_IS) {
		ws_refuse_write(object, name);
		return &EG(uninitialized_zval);
	}
	ZVAL_NULL(rv);
	ws_hooks(object)->read(ws_from(object)->state, index, rv);
	return rv;
}

static zval *ws_write_property(zend_object *object, zend_string *name, zval *value, void **cache_slot)
{
	uint32_t index;
	if (ws_unstored(object->ce, name, &index)) {
		ws_refuse_write(object, name);
		return &EG(error_zval);
	}
	return zend_std_write_property(object, name, value, cache_slot);
}

static zval *ws_get_property_ptr_ptr(zend_object *object, zend_string *name, int type, void **cache_slot)
{
	uint32_t index;
	if (ws_unstored(object->ce, name, &index)) {
		return NULL;
	}
	return zend_std_get_property_ptr_ptr(object, name, type, cache_slot);
}

static int ws_has_property(zend_object *object, zend_string *name, int question, void **cache_slot)
{
	uint32_t index;
	zval value;
	int answer;
	if (!ws_unstored(object->ce, name, &index)) {
		return zend_std_has_property(object, name, question, cache_slot);
	}
	if (question == ZEND_PROPERTY_EXISTS) {
		return 1;
	}
	ZVAL_NULL(&value);
	ws_hooks(object)->read(ws_from(object)->state, index, &value);
	answer = question == ZEND_PROPERTY_NOT_EMPTY ? zend_is_true(&value) : Z_TYPE(value) != IS_NULL;
	zval_ptr_dtor(&value);
	return answer;
}

static void ws_unset_property(zend_object *object, zend_string *name, void **cache_slot)
{
	uint32_t index;
	if (ws_unstored(object->ce, name, &index)) {
		zend_throw_error(NULL, "Cannot unset readonly property %s::$%s", ZSTR_VAL(object->ce->name), ZSTR_VAL(name));
		return;
	}
	zend_std_unset_property(object, name, cache_slot);
}

/* Reads everything into a table that is empty: no destructor runs. */
static void ws_read_all(zend_object *object, HashTable *all)
{
	zend_string *name;
	zend_property_info *info;
	uint32_t stored = ws_stored(object->ce);
	ZEND_HASH_FOREACH_STR_KEY_PTR(&object->ce->properties_info, name, info) {
		zval value;
		uint32_t number = OBJ_PROP_TO_NUM(info->offset);
		if (number < stored) {
			ZVAL_COPY_DEREF(&value, OBJ_PROP(object, info->offset));
			if (Z_TYPE(value) == IS_UNDEF) {
				ZVAL_NULL(&value); /* it was unset */
			}
		} else {
			ZVAL_NULL(&value);
			ws_hooks(object)->read(ws_from(object)->state, number - stored, &value);
		}
		zend_hash_add_new(all, name, &value);
	} ZEND_HASH_FOREACH_END();
}

static HashTable *ws_new_table(const zend_object *object)
{
	return zend_new_array(zend_hash_num_elements(&object->ce->properties_info));
}

/*
 * For foreach and get_object_vars(). foreach asks again for each step, and goes by its place in the table: it stays.
 *
 * What the table held may be the last count of something, whose destructor may read the properties too: so the old values are
 * moved out of the table first, and let go when nobody looks at it.
 */
static HashTable *ws_get_properties(zend_object *object)
{
	zend_string *name;
	zval *value;
	HashTable *all = ws_new_table(object);
	ws_read_all(object, all);
	if (!object->properties) {
		return object->properties = all;
	}
	if (GC_REFCOUNT(object->properties) > 1) {
		GC_DELREF(object->properties);
		object->properties = zend_array_dup(object->properties);
	}
	ZEND_HASH_FOREACH_STR_KEY_VAL(all, name, value) {
		zval *place = zend_hash_lookup(object->properties, name);
		zval old;
		ZVAL_COPY_VALUE(&old, place);
		ZVAL_COPY_VALUE(place, value);
		ZVAL_COPY_VALUE(value, &old);
	} ZEND_HASH_FOREACH_END();
	zend_array_destroy(all);
	return object->properties;
}

/* For var_dump, casts and json_encode: a table of the caller's. */
static HashTable *ws_get_properties_for(zend_object *object, zend_prop_purpose purpose)
{
	HashTable *all = ws_new_table(object);
	(void)purpose;
	ws_read_all(object, all);
	return all;
}

static HashTable *ws_get_gc(zend_object *object, zval **table, int *count)
{
	*table = object->properties_table;
	*count = (int)ws_stored(object->ce);
	return object->properties;
}

static void ws_free_handle(zend_object *object)
{
	ws_object *handle = ws_from(object);
	zend_object_std_dtor(object);
	if (handle->state) {
		void *state = handle->state;
		handle->state = NULL;
		ws_hooks(object)->release(state);
	}
}

static zend_function *ws_refuse_construction(zend_object *object)
{
	zend_throw_error(NULL, "Cannot directly construct %s, the server does", ZSTR_VAL(object->ce->name));
	return NULL;
}

static zend_object *ws_create(zend_class_entry *ce, const zend_object_handlers *handlers, void *state)
{
	ws_object *object = zend_object_alloc(sizeof *object, ce);
	object->state = state;
	zend_object_std_init(&object->std, ce);
	object_properties_init(&object->std, ce);
	object->std.handlers = handlers;
	return &object->std;
}

static zend_object *ws_create_connection(zend_class_entry *ce)
{
	return ws_create(ce, &ws_connection_handlers, NULL);
}

static zend_object *ws_create_request(zend_class_entry *ce)
{
	return ws_create(ce, &ws_request_handlers, NULL);
}

/* A handle; takes the state over, and gives it back with release(). */
zend_object *ws_connection_handle(void *state)
{
	return ws_create(ws_connection_ce, &ws_connection_handlers, state);
}

zend_object *ws_request_handle(void *state)
{
	return ws_create(ws_request_ce, &ws_request_handlers, state);
}

/* WsConnection::$data = value. The old value's destructor may run. */
void ws_connection_set_data(zend_object *object, zval *value)
{
	zval old;
	zval *data = OBJ_PROP_NUM(object, 0);
	ZVAL_DEREF(data);
	ZVAL_COPY_VALUE(&old, data);
	ZVAL_COPY_DEREF(data, value);
	zval_ptr_dtor(&old);
}

uint32_t ws_object_references(const zend_object *object)
{
	return GC_REFCOUNT(object);
}

void ws_object_hold(zend_object *object)
{
	GC_ADDREF(object);
}

/* The state behind an object of ours. */
void *ws_object_state(zend_object *object)
{
	return ws_from(object)->state;
}

/* The state behind a WsConnection, or NULL for any other value. */
void *ws_connection_state(zval *value)
{
	if (Z_TYPE_P(value) != IS_OBJECT || Z_OBJCE_P(value) != ws_connection_ce) {
		return NULL;
	}
	return ws_from(Z_OBJ_P(value))->state;
}

/* ---------------------------------------------------------------- WsServer */

static zend_object *ws_create_server(zend_class_entry *ce)
{
	zend_object *object = ws_create(ce, &ws_server_handlers, NULL);
	ws_from(object)->state = ws_server_hooks->create(object);
	return object;
}

static void ws_free_server(zend_object *object)
{
	ws_object *server = ws_from(object);
	void *state = server->state;
	server->state = NULL;
	if (state) {
		ws_server_hooks->release(state);
	}
	zend_object_std_dtor(object);
}

static HashTable *ws_server_gc(zend_object *object, zval **table, int *count)
{
	zend_get_gc_buffer *buffer = zend_get_gc_buffer_create();
	if (ws_from(object)->state) {
		ws_server_hooks->gc(ws_from(object)->state, buffer);
	}
	for (int i = 0; i < object->ce->default_properties_count; i++) {
		zend_get_gc_buffer_add_zval(buffer, &object->properties_table[i]);
	}
	zend_get_gc_buffer_use(buffer, table, count);
	return object->properties;
}

void ws_gc_add(zend_get_gc_buffer *buffer, zval *value)
{
	zend_get_gc_buffer_add_zval(buffer, value);
}

/* new ArrayIterator($array): takes the array over. */
void ws_array_iterator(zval *result, zval *array)
{
	object_init_ex(result, spl_ce_ArrayIterator);
	zend_call_known_instance_method_with_1_params(spl_ce_ArrayIterator->constructor, Z_OBJ_P(result), NULL, array);
	zval_ptr_dtor(array);
}

/* ---------------------------------------------------------------- WsControl */

static zend_object *ws_create_control(zend_class_entry *ce)
{
	return ws_create(ce, &ws_control_handlers, ws_control_hooks->create());
}

static void ws_free_control(zend_object *object)
{
	ws_object *control = ws_from(object);
	void *state = control->state;
	control->state = NULL;
	if (state) {
		ws_control_hooks->release(state);
	}
	zend_object_std_dtor(object);
}

/* ---------------------------------------------------------------- signatures */

#define WS_RETURNS(name, required, type, nullable) ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(name, 0, required, type, nullable)
#define WS_RETURNS_OBJECT(name, required, class, nullable) ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(name, 0, required, class, nullable)
#define WS_ARG(name, type) ZEND_ARG_TYPE_INFO(0, name, type, 0)
#define WS_ARG_OR(name, type, fallback) ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, name, type, 0, fallback)
#define WS_ARG_NULLABLE_OR(name, type, fallback) ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, name, type, 1, fallback)

ZEND_BEGIN_ARG_INFO_EX(ws_sig_construct, 0, 0, 0)
	WS_ARG_OR(options, IS_ARRAY, "[]")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_on, 2, IS_STATIC, 0)
	WS_ARG(event, IS_STRING)
	ZEND_ARG_TYPE_INFO(0, handler, IS_CALLABLE, 1)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_listen, 1, IS_STATIC, 0)
	WS_ARG(uri, IS_STRING)
	WS_ARG_OR(options, IS_ARRAY, "[]")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_to_array, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_to_bool, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_to_int, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_to_void, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_to_iterable, 0, IS_ITERABLE, 0)
ZEND_END_ARG_INFO()

WS_RETURNS_OBJECT(ws_sig_get_iterator, 0, Iterator, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(ws_sig_stream, 0, 0, 0)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_tick, 0, IS_LONG, 0)
	WS_ARG_NULLABLE_OR(timeout, IS_DOUBLE, "null")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_stop, 0, IS_VOID, 0)
	WS_ARG_OR(code, IS_LONG, "1001")
	WS_ARG_OR(reason, IS_STRING, "\"server shutting down\"")
	WS_ARG_OR(timeout, IS_DOUBLE, "5.0")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_broadcast, 1, IS_LONG, 0)
	WS_ARG(text, IS_STRING)
	WS_ARG_OR(except, IS_ARRAY, "[]")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_broadcast_binary, 1, IS_LONG, 0)
	WS_ARG(data, IS_STRING)
	WS_ARG_OR(except, IS_ARRAY, "[]")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_publish, 2, IS_LONG, 0)
	WS_ARG(topic, IS_STRING)
	WS_ARG(message, IS_STRING)
	WS_ARG_OR(binary, _IS_BOOL, "false")
	WS_ARG_OR(except, IS_ARRAY, "[]")
ZEND_END_ARG_INFO()

WS_RETURNS_OBJECT(ws_sig_connection, 1, WsConnection, 1)
	WS_ARG(id, IS_LONG)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_timer, 2, IS_LONG, 0)
	WS_ARG(seconds, IS_DOUBLE)
	WS_ARG(fn, IS_CALLABLE)
	WS_ARG_OR(repeat, _IS_BOOL, "false")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_cancel_timer, 1, _IS_BOOL, 0)
	WS_ARG(timer, IS_LONG)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_watch, 2, IS_LONG, 0)
	ZEND_ARG_INFO(0, stream)
	WS_ARG(fn, IS_CALLABLE)
	WS_ARG_OR(write, _IS_BOOL, "false")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_unwatch, 1, _IS_BOOL, 0)
	WS_ARG(watch, IS_LONG)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_get_option, 1, IS_MIXED, 0)
	WS_ARG(name, IS_STRING)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_set_option, 2, IS_VOID, 0)
	WS_ARG(name, IS_STRING)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_set_logger, 1, IS_VOID, 0)
	ZEND_ARG_OBJ_TYPE_MASK(0, logger, Psr\\Log\\LoggerInterface, MAY_BE_CALLABLE|MAY_BE_NULL, NULL)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_message, 1, _IS_BOOL, 0)
	WS_ARG(message, IS_STRING)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_send_file, 1, _IS_BOOL, 0)
	ZEND_ARG_INFO(0, pathOrStream)
	WS_ARG_OR(binary, _IS_BOOL, "true")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_begin_message, 0, _IS_BOOL, 0)
	WS_ARG_OR(binary, _IS_BOOL, "false")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_write, 1, _IS_BOOL, 0)
	WS_ARG(piece, IS_STRING)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_ping, 0, _IS_BOOL, 0)
	WS_ARG_OR(payload, IS_STRING, "\"\"")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_close, 0, IS_VOID, 0)
	WS_ARG_OR(code, IS_LONG, "1000")
	WS_ARG_OR(reason, IS_STRING, "\"\"")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_line_mode, 1, IS_VOID, 0)
	WS_ARG(on, _IS_BOOL)
	WS_ARG_OR(max, IS_LONG, "2048")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_topic, 1, IS_VOID, 0)
	WS_ARG(topic, IS_STRING)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_header, 1, IS_STRING, 1)
	WS_ARG(name, IS_STRING)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_accept, 0, IS_VOID, 0)
	WS_ARG_NULLABLE_OR(subprotocol, IS_STRING, "null")
	WS_ARG_OR(headers, IS_ARRAY, "[]")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, data, IS_MIXED, 0, "null")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_reject, 0, IS_VOID, 0)
	WS_ARG_OR(status, IS_LONG, "403")
	WS_ARG_OR(headers, IS_ARRAY, "[]")
	WS_ARG_OR(body, IS_STRING, "\"\"")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(ws_sig_control_construct, 0, 0, 1)
	WS_ARG(uri, IS_STRING)
	WS_ARG_OR(options, IS_ARRAY, "[]")
ZEND_END_ARG_INFO()

#define WS_ARG_RECIPIENT ZEND_ARG_TYPE_MASK(0, to, MAY_BE_LONG|MAY_BE_STRING, NULL)

WS_RETURNS(ws_sig_control_broadcast, 1, IS_VOID, 0)
	WS_ARG(message, IS_STRING)
	WS_ARG_OR(binary, _IS_BOOL, "false")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_control_send, 2, _IS_BOOL, 0)
	WS_ARG_RECIPIENT
	WS_ARG(message, IS_STRING)
	WS_ARG_OR(binary, _IS_BOOL, "false")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_control_publish, 2, IS_VOID, 0)
	WS_ARG(topic, IS_STRING)
	WS_ARG(message, IS_STRING)
	WS_ARG_OR(binary, _IS_BOOL, "false")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_send_fragments, 2, _IS_BOOL, 0)
	WS_ARG_RECIPIENT
	WS_ARG(pieces, IS_ITERABLE)
	WS_ARG_OR(binary, _IS_BOOL, "false")
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_to_string, 0, IS_STRING, 0)
ZEND_END_ARG_INFO()

WS_RETURNS(ws_sig_to_double, 0, IS_DOUBLE, 0)
ZEND_END_ARG_INFO()

/* ---------------------------------------------------------------- registration */

#define WS_METHOD(name, member, signature) \
	{ .fname = name, .handler = methods->member, .arg_info = (const zend_internal_arg_info *)(signature), \
	  .num_args = (uint32_t)(sizeof(signature) / sizeof(*(signature)) - 1), .flags = ZEND_ACC_PUBLIC }
#define WS_METHODS_END { .fname = NULL }

static void ws_declare(zend_class_entry *ce, const char *name, uint32_t mask, uint32_t flags, bool null)
{
	zval value;
	zend_string *key = zend_string_init_interned(name, strlen(name), 1);
	if (null) {
		ZVAL_NULL(&value);
	} else {
		ZVAL_UNDEF(&value);
	}
	zend_declare_typed_property(ce, key, &value, ZEND_ACC_PUBLIC | flags, NULL, (zend_type)ZEND_TYPE_INIT_MASK(mask));
}

static void ws_readonly(zend_class_entry *ce, const char *name, uint32_t mask)
{
	ws_declare(ce, name, mask, ZEND_ACC_READONLY, false);
}

static zend_class_entry *ws_register_handle_class(
	const char *name, const zend_function_entry *functions, zend_object_handlers *handlers,
	zend_object *(*create)(zend_class_entry *))
{
	zend_class_entry ce, *registered;
	INIT_CLASS_ENTRY_EX(ce, name, strlen(name), functions);
	registered = zend_register_internal_class_ex(&ce, NULL);
	registered->ce_flags |= ZEND_ACC_FINAL | ZEND_ACC_NOT_SERIALIZABLE | ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	registered->create_object = create;
	memcpy(handlers, &std_object_handlers, sizeof *handlers);
	handlers->offset = XtOffsetOf(ws_object, std);
	handlers->free_obj = ws_free_handle;
	handlers->clone_obj = NULL;
	handlers->compare = zend_objects_not_comparable;
	handlers->get_constructor = ws_refuse_construction;
	handlers->read_property = ws_read_property;
	handlers->write_property = ws_write_property;
	handlers->get_property_ptr_ptr = ws_get_property_ptr_ptr;
	handlers->has_property = ws_has_property;
	handlers->unset_property = ws_unset_property;
	handlers->get_properties = ws_get_properties;
	handlers->get_properties_for = ws_get_properties_for;
	handlers->get_gc = ws_get_gc;
	return registered;
}

static void ws_register_server(const ws_server_methods *methods)
{
	const zend_function_entry functions[] = {
		WS_METHOD("__construct", construct, ws_sig_construct),
		WS_METHOD("on", on, ws_sig_on),
		WS_METHOD("listen", listen, ws_sig_listen),
		WS_METHOD("addresses", addresses, ws_sig_to_array),
		WS_METHOD("isListening", is_listening, ws_sig_to_bool),
		WS_METHOD("run", run, ws_sig_to_int),
		WS_METHOD("tick", tick, ws_sig_tick),
		WS_METHOD("stream", stream, ws_sig_stream),
		WS_METHOD("stop", stop, ws_sig_stop),
		WS_METHOD("stopListening", stop_listening, ws_sig_to_void),
		WS_METHOD("broadcast", broadcast, ws_sig_broadcast),
		WS_METHOD("broadcastBinary", broadcast_binary, ws_sig_broadcast_binary),
		WS_METHOD("publish", publish, ws_sig_publish),
		WS_METHOD("connection", connection, ws_sig_connection),
		WS_METHOD("connections", connections, ws_sig_to_iterable),
		WS_METHOD("count", count, ws_sig_to_int),
		WS_METHOD("getIterator", get_iterator, ws_sig_get_iterator),
		WS_METHOD("timer", timer, ws_sig_timer),
		WS_METHOD("cancelTimer", cancel_timer, ws_sig_cancel_timer),
		WS_METHOD("watch", watch, ws_sig_watch),
		WS_METHOD("unwatch", unwatch, ws_sig_unwatch),
		WS_METHOD("stats", stats, ws_sig_to_array),
		WS_METHOD("getOption", read_option, ws_sig_get_option),
		WS_METHOD("setOption", set_option, ws_sig_set_option),
		WS_METHOD("setLogger", set_logger, ws_sig_set_logger),
		WS_METHODS_END,
	};
	zend_class_entry ce;
	INIT_CLASS_ENTRY(ce, "WsServer", functions);
	ws_server_ce = zend_register_internal_class_ex(&ce, NULL);
	ws_server_ce->ce_flags |= ZEND_ACC_NOT_SERIALIZABLE;
	ws_server_ce->create_object = ws_create_server;
	zend_declare_class_constant_string(ws_server_ce, "VERSION", sizeof("VERSION") - 1, methods->version);
	zend_class_implements(ws_server_ce, 2, zend_ce_countable, zend_ce_aggregate);
	memcpy(&ws_server_handlers, &std_object_handlers, sizeof ws_server_handlers);
	ws_server_handlers.offset = XtOffsetOf(ws_object, std);
	ws_server_handlers.free_obj = ws_free_server;
	ws_server_handlers.clone_obj = NULL;
	ws_server_handlers.get_gc = ws_server_gc;
	ws_server_hooks = methods;
}

static void ws_register_connection(const ws_connection_methods *methods)
{
	const zend_function_entry functions[] = {
		WS_METHOD("sendText", send_text, ws_sig_message),
		WS_METHOD("sendBinary", send_binary, ws_sig_message),
		WS_METHOD("sendFile", send_file, ws_sig_send_file),
		WS_METHOD("cancelFile", cancel_file, ws_sig_to_bool),
		WS_METHOD("beginMessage", begin_message, ws_sig_begin_message),
		WS_METHOD("write", write, ws_sig_write),
		WS_METHOD("end", end, ws_sig_to_bool),
		WS_METHOD("ping", ping, ws_sig_ping),
		WS_METHOD("close", close, ws_sig_close),
		WS_METHOD("pause", pause, ws_sig_to_void),
		WS_METHOD("resume", resume, ws_sig_to_void),
		WS_METHOD("lineMode", line_mode, ws_sig_line_mode),
		WS_METHOD("subscribe", subscribe, ws_sig_topic),
		WS_METHOD("unsubscribe", unsubscribe, ws_sig_topic),
		WS_METHOD("topics", topics, ws_sig_to_array),
		WS_METHODS_END,
	};
	zend_class_entry *ce =
		ws_register_handle_class("WsConnection", functions, &ws_connection_handlers, ws_create_connection);
	ws_declare(ce, "data", MAY_BE_ANY, 0, true);
	/* The order is that of `Property` in connection.rs. */
	ws_readonly(ce, "id", MAY_BE_LONG);
	ws_readonly(ce, "remoteAddress", MAY_BE_STRING);
	ws_readonly(ce, "remotePort", MAY_BE_LONG);
	ws_readonly(ce, "localAddress", MAY_BE_STRING);
	ws_readonly(ce, "uri", MAY_BE_STRING);
	ws_readonly(ce, "host", MAY_BE_STRING);
	ws_readonly(ce, "origin", MAY_BE_STRING | MAY_BE_NULL);
	ws_readonly(ce, "headers", MAY_BE_ARRAY);
	ws_readonly(ce, "cookies", MAY_BE_ARRAY);
	ws_readonly(ce, "subprotocol", MAY_BE_STRING | MAY_BE_NULL);
	ws_readonly(ce, "state", MAY_BE_STRING);
	ws_readonly(ce, "bufferedAmount", MAY_BE_LONG);
	ws_readonly(ce, "bytesSent", MAY_BE_LONG);
	ws_readonly(ce, "bytesReceived", MAY_BE_LONG);
	ws_readonly(ce, "lastPing", MAY_BE_DOUBLE | MAY_BE_NULL);
	ws_readonly(ce, "lastPong", MAY_BE_DOUBLE | MAY_BE_NULL);
	ws_readonly(ce, "rtt", MAY_BE_DOUBLE | MAY_BE_NULL);
	ws_readonly(ce, "connectedAt", MAY_BE_DOUBLE);
	ws_readonly(ce, "tls", MAY_BE_ARRAY | MAY_BE_NULL);
	ce->default_properties_count = WS_CONNECTION_STORED;
	ws_connection_hooks = methods->handle;
	ws_connection_ce = ce;
}

static void ws_register_request(const ws_request_methods *methods)
{
	const zend_function_entry functions[] = {
		WS_METHOD("header", header, ws_sig_header),
		WS_METHOD("accept", accept, ws_sig_accept),
		WS_METHOD("reject", reject, ws_sig_reject),
		WS_METHODS_END,
	};
	zend_class_entry *ce = ws_register_handle_class("WsRequest", functions, &ws_request_handlers, ws_create_request);
	/* The order is that of `Property` in request.rs. */
	ws_readonly(ce, "method", MAY_BE_STRING);
	ws_readonly(ce, "uri", MAY_BE_STRING);
	ws_readonly(ce, "path", MAY_BE_STRING);
	ws_readonly(ce, "query", MAY_BE_STRING);
	ws_readonly(ce, "headers", MAY_BE_ARRAY);
	ws_readonly(ce, "cookies", MAY_BE_ARRAY);
	ws_readonly(ce, "host", MAY_BE_STRING);
	ws_readonly(ce, "origin", MAY_BE_STRING | MAY_BE_NULL);
	ws_readonly(ce, "userAgent", MAY_BE_STRING | MAY_BE_NULL);
	ws_readonly(ce, "subprotocols", MAY_BE_ARRAY);
	ws_readonly(ce, "extensions", MAY_BE_ARRAY);
	ws_readonly(ce, "remoteAddress", MAY_BE_STRING);
	ws_readonly(ce, "remotePort", MAY_BE_LONG);
	ws_readonly(ce, "localAddress", MAY_BE_STRING);
	ws_readonly(ce, "tls", MAY_BE_ARRAY | MAY_BE_NULL);
	ws_readonly(ce, "clientCertificate", MAY_BE_ARRAY | MAY_BE_NULL);
	ce->default_properties_count = WS_REQUEST_STORED;
	ws_request_hooks = methods->handle;
	ws_request_ce = ce;
}

static void ws_register_control(const ws_control_methods *methods)
{
	const zend_function_entry functions[] = {
		WS_METHOD("__construct", construct, ws_sig_control_construct),
		WS_METHOD("broadcast", broadcast, ws_sig_control_broadcast),
		WS_METHOD("send", send, ws_sig_control_send),
		WS_METHOD("publish", publish, ws_sig_control_publish),
		WS_METHOD("sendFragments", send_fragments, ws_sig_send_fragments),
		WS_METHOD("freest", freest, ws_sig_to_string),
		WS_METHOD("stats", stats, ws_sig_to_array),
		WS_METHOD("ping", ping, ws_sig_to_double),
		WS_METHODS_END,
	};
	zend_class_entry ce, *registered;
	INIT_CLASS_ENTRY(ce, "WsControl", functions);
	registered = zend_register_internal_class_ex(&ce, NULL);
	registered->ce_flags |= ZEND_ACC_FINAL | ZEND_ACC_NOT_SERIALIZABLE | ZEND_ACC_NO_DYNAMIC_PROPERTIES;
	registered->create_object = ws_create_control;
	zend_declare_class_constant_long(registered, "NOT_DELIVERED", sizeof("NOT_DELIVERED") - 1, methods->not_delivered);
	zend_declare_class_constant_long(registered, "UNKNOWN", sizeof("UNKNOWN") - 1, methods->unknown);
	memcpy(&ws_control_handlers, &std_object_handlers, sizeof ws_control_handlers);
	ws_control_handlers.offset = XtOffsetOf(ws_object, std);
	ws_control_handlers.free_obj = ws_free_control;
	ws_control_handlers.clone_obj = NULL;
	ws_control_handlers.compare = zend_objects_not_comparable;
	ws_control_hooks = methods;
}

/* The tables live as long as the process. */
void ws_classes_startup(
	const ws_server_methods *server, const ws_connection_methods *connection, const ws_request_methods *request,
	const ws_control_methods *control)
{
	ws_register_server(server);
	ws_register_connection(connection);
	ws_register_request(request);
	ws_register_control(control);
}
