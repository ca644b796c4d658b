<?php
/**
 * Shows one post with its comments.
 *
 * @package {{package:id}}
 */

defined( 'ABSPATH' ) || exit;

get_header();

while ( have_posts() ) :
	the_post();
	?>
	<article id="post-<?php the_ID(); ?>" <?php post_class(); ?>>
		<?php the_title( '<h1 class="entry-title">', '</h1>' ); ?>
		<p class="entry-date"><?php echo esc_html( get_the_date() ); ?></p>
		<?php
		the_post_thumbnail( 'large' );
		the_content();
		wp_link_pages();
		the_tags( '<p class="entry-tags">', ', ', '</p>' );
		?>
	</article>
	<?php
	the_post_navigation();
	if ( comments_open() || get_comments_number() ) {
		comments_template();
	}
endwhile;

get_footer();
