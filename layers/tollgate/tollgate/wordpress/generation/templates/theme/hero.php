<?php
/**
 * Title: Hero
 * Slug: {{slug:id}}/hero
 * Description: A heading, a text and a button for the beginning of a page.
 * Categories: banner, featured
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;
?>
<!-- wp:group {{hero_attributes:id}} -->
<div class="{{hero_classes:id}}">
	<!-- wp:spacer {"height":"4rem"} -->
	<div style="height:4rem" aria-hidden="true" class="wp-block-spacer"></div>
	<!-- /wp:spacer -->

	<!-- wp:heading {"textAlign":"center","level":1} -->
	<h1 class="wp-block-heading has-text-align-center"><?php esc_html_e( {{hero_heading:php}}, '{{slug:id}}' ); ?></h1>
	<!-- /wp:heading -->

	<!-- wp:paragraph {"align":"center"} -->
	<p class="has-text-align-center"><?php esc_html_e( {{hero_text:php}}, '{{slug:id}}' ); ?></p>
	<!-- /wp:paragraph -->

	<!-- wp:buttons {"layout":{"type":"flex","justifyContent":"center"}} -->
	<div class="wp-block-buttons">
		<!-- wp:button -->
		<div class="wp-block-button"><a class="wp-block-button__link wp-element-button"><?php esc_html_e( {{hero_button:php}}, '{{slug:id}}' ); ?></a></div>
		<!-- /wp:button -->
	</div>
	<!-- /wp:buttons -->

	<!-- wp:spacer {"height":"4rem"} -->
	<div style="height:4rem" aria-hidden="true" class="wp-block-spacer"></div>
	<!-- /wp:spacer -->
</div>
<!-- /wp:group -->
