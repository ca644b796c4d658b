	/**
	 * Shows texts as they are saved.
	 *
	 * @param {Object} attributes The block's attributes.
	 * @return {Function} Shows an attribute by its name, its part of the class and its element.
	 */
	function savedText( attributes ) {
		return ( name, part, tagName ) => shown( attributes, name, part, tagName );
	}
