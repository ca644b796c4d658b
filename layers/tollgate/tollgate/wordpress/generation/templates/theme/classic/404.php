<?php
/**
 * Says that there is no such page.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

get_header();
?>
<h1><?php esc_html_e( 'This page is not here', '{{slug:id}}' ); ?></h1>
<p><?php esc_html_e( 'It may have moved. A search will find what is left of it.', '{{slug:id}}' ); ?></p>
<?php
get_search_form();

get_footer();
