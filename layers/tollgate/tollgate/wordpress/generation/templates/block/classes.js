	/**
	 * The classes that switches add.
	 *
	 * @param {Object} attributes The block's attributes.
	 * @return {string} The classes.
	 */
	function classes( attributes ) {
		return [
{{switches:id}}
		]
			.filter( Boolean )
			.join( ' ' );
	}
