<?php
/**
 * Orders of a small shop.
 *
 * @package Shop
 */

defined( 'ABSPATH' ) || exit;

add_action( 'wp_ajax_shop_remove_order', 'shop_remove_order' );

/** Answers whether the sender may remove orders. */
function shop_check_sender() {
	check_ajax_referer( 'shop_remove_order' );
	if ( ! current_user_can( 'manage_options' ) ) {
		wp_send_json_error( null, 403 );
	}
}

/** Removes an order. */
function shop_remove_order() {
	global $wpdb;
	shop_check_sender();
	$order = isset( $_POST['order'] ) ? absint( $_POST['order'] ) : 0;
	$wpdb->delete( $wpdb->prefix . 'orders', array( 'id' => $order ), array( '%d' ) );
	wp_cache_delete( 'shop_orders' );
	wp_send_json_success( array( 'removed' => $order ) );
}

/**
 * Lists the orders of a customer.
 *
 * @param string $customer Who.
 */
function shop_list_orders( $customer ) {
	global $wpdb;
	$rows = wp_cache_get( 'shop_orders_' . $customer );
	if ( false === $rows ) {
		$rows = $wpdb->get_results( $wpdb->prepare( "SELECT * FROM {$wpdb->prefix}orders WHERE customer = %s", $customer ) );
		wp_cache_set( 'shop_orders_' . $customer, $rows );
	}
	foreach ( $rows as $row ) {
		$class = $row->is_paid ? 'paid' : 'open';
		printf( '<li class="%s">%s (%d)</li>', esc_attr( $class ), esc_html( $row->title ), (int) $row->total );
	}
}

/** A table of orders. */
class Shop_Table {

	/**
	 * Where they are.
	 *
	 * @var string
	 */
	private $table;

	/** Finds the table. */
	public function __construct() {
		global $wpdb;
		$this->table = $wpdb->prefix . 'orders';
	}

	/** Counts them. */
	public function count() {
		global $wpdb;
		$count = get_transient( 'shop_count' );
		if ( false === $count ) {
			$count = (int) $wpdb->get_var( "SELECT COUNT(*) FROM {$this->table}" );
			set_transient( 'shop_count', $count, HOUR_IN_SECONDS );
		}
		return $count;
	}

	/** Prints the search. */
	public function search() {
		$term = sanitize_text_field( wp_unslash( $_GET['s'] ?? '' ) );
		$html = esc_html( $term );
		echo '<p>' . $html . '</p>';
		if ( 'all' === ( $_GET['view'] ?? '' ) ) {
			esc_html_e( 'All orders', 'shop' );
		}
		wp_safe_redirect( admin_url( 'admin.php?page=shop' ) );
		exit;
	}
}

add_action(
	'rest_api_init',
	function () {
		register_rest_route(
			'shop/v1',
			'/orders',
			array(
				'methods'             => WP_REST_Server::READABLE,
				'callback'            => 'shop_list_orders',
				'permission_callback' => '__return_true',
			)
		);
	}
);
