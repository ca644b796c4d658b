<?php
/**
 * Routes in the REST API.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

/**
 * Registers the routes.
 *
 * @return void
 */
function {{prefix:id}}_register_rest_routes() {
	register_rest_route(
		'{{slug:id}}/v1',
		'/items',
		array(
			array(
				'methods'             => WP_REST_Server::READABLE,
				'callback'            => '{{prefix:id}}_rest_list_items',
				// What is listed is published, and open to everybody.
				'permission_callback' => '__return_true',
				'args'                => array(
					'page'     => array(
						'description'       => __( 'Page of the list.', '{{slug:id}}' ),
						'type'              => 'integer',
						'default'           => 1,
						'minimum'           => 1,
						'sanitize_callback' => 'absint',
						'validate_callback' => 'rest_validate_request_arg',
					),
					'per_page' => array(
						'description'       => __( 'Items on a page.', '{{slug:id}}' ),
						'type'              => 'integer',
						'default'           => 10,
						'minimum'           => 1,
						'maximum'           => 100,
						'sanitize_callback' => 'absint',
						'validate_callback' => 'rest_validate_request_arg',
					),
					'search'   => array(
						'description'       => __( 'Words that an item has to hold.', '{{slug:id}}' ),
						'type'              => 'string',
						'sanitize_callback' => 'sanitize_text_field',
						'validate_callback' => 'rest_validate_request_arg',
					),
				),
			),
			array(
				'methods'             => WP_REST_Server::CREATABLE,
				'callback'            => '{{prefix:id}}_rest_create_item',
				'permission_callback' => '{{prefix:id}}_rest_can_create',
				'args'                => array(
					'title'   => array(
						'description'       => __( 'Title of the item.', '{{slug:id}}' ),
						'type'              => 'string',
						'required'          => true,
						'minLength'         => 1,
						'sanitize_callback' => 'sanitize_text_field',
						'validate_callback' => 'rest_validate_request_arg',
					),
					'content' => array(
						'description'       => __( 'Text of the item.', '{{slug:id}}' ),
						'type'              => 'string',
						'default'           => '',
						'sanitize_callback' => 'wp_kses_post',
						'validate_callback' => 'rest_validate_request_arg',
					),
				),
			),
		)
	);

	register_rest_route(
		'{{slug:id}}/v1',
		'/items/(?P<id>\d+)',
		array(
			'methods'             => WP_REST_Server::READABLE,
			'callback'            => '{{prefix:id}}_rest_get_item',
			'permission_callback' => '{{prefix:id}}_rest_can_read',
			'args'                => array(
				'id' => array(
					'description'       => __( 'Number of the item.', '{{slug:id}}' ),
					'type'              => 'integer',
					'required'          => true,
					'sanitize_callback' => 'absint',
					'validate_callback' => 'rest_validate_request_arg',
				),
			),
		)
	);
}
add_action( 'rest_api_init', '{{prefix:id}}_register_rest_routes' );

/**
 * Whether an item may be read: published ones by everybody, others by those who may edit them.
 *
 * @param WP_REST_Request $request The request.
 * @return bool
 */
function {{prefix:id}}_rest_can_read( WP_REST_Request $request ) {
	$item_id = absint( $request['id'] );

	return 'publish' === get_post_status( $item_id ) || current_user_can( 'read_post', $item_id );
}

/**
 * Whether the current user may create items.
 *
 * @return bool
 */
function {{prefix:id}}_rest_can_create() {
	return current_user_can( 'edit_posts' );
}

/**
 * Lists published items.
 *
 * @param WP_REST_Request $request The request.
 * @return WP_REST_Response
 */
function {{prefix:id}}_rest_list_items( WP_REST_Request $request ) {
	$query = new WP_Query(
		array(
			'post_type'      => '{{type:id}}',
			'post_status'    => 'publish',
			'paged'          => max( 1, absint( $request['page'] ) ),
			'posts_per_page' => min( 100, max( 1, absint( $request['per_page'] ) ) ),
			's'              => sanitize_text_field( (string) $request['search'] ),
		)
	);

	$response = rest_ensure_response( array_map( '{{prefix:id}}_rest_prepare_item', $query->posts ) );
	$response->header( 'X-WP-Total', (string) $query->found_posts );
	$response->header( 'X-WP-TotalPages', (string) $query->max_num_pages );

	return $response;
}

/**
 * Gets one item.
 *
 * @param WP_REST_Request $request The request.
 * @return WP_REST_Response|WP_Error
 */
function {{prefix:id}}_rest_get_item( WP_REST_Request $request ) {
	$item = get_post( absint( $request['id'] ) );

	if ( ! $item || '{{type:id}}' !== $item->post_type ) {
		return new WP_Error(
			'{{prefix:id}}_not_found',
			__( 'There is no such item.', '{{slug:id}}' ),
			array( 'status' => 404 )
		);
	}

	return rest_ensure_response( {{prefix:id}}_rest_prepare_item( $item ) );
}

/**
 * Creates an item as a draft.
 *
 * @param WP_REST_Request $request The request.
 * @return WP_REST_Response|WP_Error
 */
function {{prefix:id}}_rest_create_item( WP_REST_Request $request ) {
	$item_id = wp_insert_post(
		array(
			'post_type'    => '{{type:id}}',
			'post_status'  => 'draft',
			'post_title'   => sanitize_text_field( (string) $request['title'] ),
			'post_content' => wp_kses_post( (string) $request['content'] ),
		),
		true
	);

	if ( is_wp_error( $item_id ) ) {
		$item_id->add_data( array( 'status' => 500 ) );

		return $item_id;
	}

	$response = rest_ensure_response( {{prefix:id}}_rest_prepare_item( get_post( $item_id ) ) );
	$response->set_status( 201 );

	return $response;
}

/**
 * Makes of a post what the API answers with.
 *
 * @param WP_Post $item The post.
 * @return array
 */
function {{prefix:id}}_rest_prepare_item( WP_Post $item ) {
	return array(
		'id'      => $item->ID,
		'title'   => get_the_title( $item ),
		'status'  => $item->post_status,
		'date'    => mysql_to_rfc3339( $item->post_date_gmt ),
		'link'    => get_permalink( $item ),
{{rest_fields:id}}
	);
}
