	/**
	 * Shows names with values.
	 *
	 * @param {Object} values What is in it.
	 * @param {string} name   The attribute.
	 * @param {string} part   Its part of the class.
	 * @return {Object|null} The element.
	 */
	function table( values, name, part ) {
		const pairs = Object.entries( values );
		if ( ! pairs.length ) {
			return null;
		}
		return el(
			'dl',
			{ key: name, className: BASE + '__' + part },
			pairs.flatMap( ( [ term, value ], index ) => [
				el( 'dt', { key: 'dt' + index }, term ),
				el( 'dd', { key: 'dd' + index }, String( value ) ),
			] )
		);
	}
