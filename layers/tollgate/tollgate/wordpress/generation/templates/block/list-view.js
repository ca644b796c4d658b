	/**
	 * Shows a list.
	 *
	 * @param {Array}  entries What is in it.
	 * @param {string} name    The attribute.
	 * @param {string} part    Its part of the class.
	 * @return {Object|null} The element.
	 */
	function list( entries, name, part ) {
		if ( ! entries.length ) {
			return null;
		}
		return el(
			'ul',
			{ key: name, className: BASE + '__' + part },
			entries.map( ( entry, index ) => el( 'li', { key: index }, String( entry ) ) )
		);
	}
