<?php
/**
 * News, slowly.
 */

add_action( 'init', 'news_init' );

function news_init() {
	flush_rewrite_rules(); // expect: performance.rewrite_flush
	query_posts( 'cat=3' ); // expect: performance.query_posts
	wp_enqueue_script( 'news', plugins_url( 'news.js', __FILE__ ) ); // expect: performance.asset_params
	echo '<link rel="stylesheet" href="https://cdn.example/news.css">'; // expect: performance.not_enqueued
}

function news_list( $ids ) {
	global $wpdb;
	$all = get_posts( 'numberposts=-1' ); // expect: performance.unbounded_query
	$big = get_posts( array( 'posts_per_page' => 500 ) ); // expect: performance.page_size
	$any = get_posts( array( 'orderby' => 'rand' ) ); // expect: performance.random_order
	$red = get_posts( array( 'meta_key' => 'colour' ) ); // expect: performance.slow_key
	$new = new WP_Query( array( 'posts_per_page' => 5 ) ); // expect: performance.found_rows
	$sum = $wpdb->get_var( "SELECT COUNT(*) FROM {$wpdb->posts}" ); // expect: performance.uncached_sql
	$api = wp_remote_get( 'https://news.example/feed' ); // expect: performance.remote_uncached
	for ( $i = 0; $i < count( $ids ); $i++ ) { // expect: performance.count_in_condition
		$author = get_post_meta( $ids[ $i ], 'author', true ); // expect: performance.meta_in_loop
		$more = get_posts( array( 'author' => $author ) ); // expect: performance.query_in_loop
	}
	return array( $all, $big, $any, $red, $new, $sum, $api, $more );
}
