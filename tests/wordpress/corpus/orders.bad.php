<?php
/**
 * Orders of a small shop, as they should not be handled.
 */

defined( 'ABSPATH' ) || exit;

add_action( 'wp_ajax_shop_delete_order', 'shop_delete_order' );
add_action( 'admin_post_shop_import', array( 'Shop_Import', 'run' ) );

/** Deletes an order. */
function shop_delete_order() {
	global $wpdb;
	$order = $_POST['order']; // expect: security.unsanitized_input
	$wpdb->query( "DELETE FROM {$wpdb->prefix}orders WHERE id = $order" ); // expect: security.sql_injection
	wp_mail( get_option( 'admin_email' ), 'Deleted', 'An order is gone.' ); // expect: security.missing_nonce
	echo 'Deleted ' . $order; // expect: security.unescaped_output
	exit;
}

add_action( 'wp_ajax_shop_note', 'shop_note' );

/** Keeps a note. */
function shop_note() {
	check_ajax_referer( 'shop_note' );
	update_option( 'shop_note', sanitize_text_field( wp_unslash( $_POST['note'] ) ) ); // expect: security.missing_capability
}

/** Lists orders of a customer. */
function shop_orders( $customer ) {
	global $wpdb;
	$sql = "SELECT * FROM {$wpdb->prefix}orders WHERE customer = '" . $customer . "'";
	foreach ( $wpdb->get_results( $sql ) as $order ) { // expect: security.unprepared_sql
		echo '<li>' . $order->title . '</li>'; // expect: security.unescaped_dynamic
	}
}

/** Imports orders. */
class Shop_Import {

	private $token = 'q8Rk29XzLm44TtBn77'; // expect: security.hardcoded_secret

	/** Runs the import. */
	public static function run() {
		$state = unserialize( base64_decode( $_COOKIE['state'] ) ); // expect: security.object_injection
		update_option( 'shop_import', $state ); // expect: security.missing_nonce
		$name  = sanitize_text_field( $_POST['name'] ); // expect: security.missing_unslash
		$lines = file_get_contents( WP_CONTENT_DIR . '/imports/' . $_GET['file'] ); // expect: security.path_traversal
		move_uploaded_file( $_FILES['csv']['tmp_name'], WP_CONTENT_DIR . '/x.csv' ); // expect: security.missing_nonce
		extract( $_REQUEST ); // expect: security.tainted_extract
		$nonce_token = md5( time() . $name ); // expect: security.weak_random
		wp_remote_post( 'https://x.example', array( 'sslverify' => false ) ); // expect: security.ssl_verify_off
		print_r( $lines ); // expect: security.disclosure
		system( 'convert ' . $_GET['size'] ); // expect: security.dangerous_execution
		require __DIR__ . '/views/' . $_GET['view'] . '.php'; // expect: security.file_inclusion
		_e( 'Imported', 'shop' ); // expect: security.unsafe_printing
		wp_redirect( $_SERVER['HTTP_REFERER'] ); // expect: security.open_redirect
	}
}

register_rest_route( 'shop/v1', '/orders', array( // expect: security.rest_permission
	'methods'  => WP_REST_Server::CREATABLE,
	'callback' => 'shop_delete_order',
	'permission_callback' => '__return_true',
) );
?>
<input name="q" value="<?= $_GET['q'] ?>"> <!-- expect: security.unescaped_output -->
