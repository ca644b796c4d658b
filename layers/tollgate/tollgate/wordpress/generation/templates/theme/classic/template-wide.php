<?php
/**
 * Template Name: {{template_title:header}}
 * Template Post Type: page, post
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

get_header();

while ( have_posts() ) :
	the_post();
	?>
	<article id="post-<?php the_ID(); ?>" <?php post_class( 'is-wide' ); ?>>
		<?php
		the_title( '<h1 class="entry-title">', '</h1>' );
		the_content();
		wp_link_pages();
		?>
	</article>
	<?php
endwhile;

get_footer();
