<?php
/**
 * Shows one page.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

get_header();

while ( have_posts() ) :
	the_post();
	?>
	<article id="post-<?php the_ID(); ?>" <?php post_class(); ?>>
		<?php
		the_title( '<h1 class="entry-title">', '</h1>' );
		the_content();
		wp_link_pages();
		?>
	</article>
	<?php
	if ( comments_open() || get_comments_number() ) {
		comments_template();
	}
endwhile;

get_footer();
