	/**
	 * Shows texts with formats as they are saved.
	 *
	 * @param {Object} attributes The block's attributes.
	 * @return {Function} Shows an attribute by its name and its part of the class.
	 */
	function savedRich( attributes ) {
		return ( name, part ) =>
			el( blockEditor.RichText.Content, {
				key: name,
				tagName: 'div',
				className: BASE + '__' + part,
				value: attributes[ name ],
			} );
	}
