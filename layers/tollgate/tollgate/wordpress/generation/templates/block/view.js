( function () {
	'use strict';

	/**
	 * Marks each of these blocks once it has come into view, so that styles can react to it.
	 *
	 * @return {void}
	 */
	function watch() {
		const found = document.querySelectorAll( '.{{class:id}}' );

		if ( ! ( 'IntersectionObserver' in window ) ) {
			found.forEach( ( block ) => block.classList.add( 'is-in-view' ) );
			return;
		}

		const observer = new IntersectionObserver( ( entries ) => {
			entries
				.filter( ( entry ) => entry.isIntersecting )
				.forEach( ( entry ) => {
					entry.target.classList.add( 'is-in-view' );
					observer.unobserve( entry.target );
				} );
		} );
		found.forEach( ( block ) => observer.observe( block ) );
	}

	if ( document.readyState === 'loading' ) {
		document.addEventListener( 'DOMContentLoaded', watch );
	} else {
		watch();
	}
} )();
