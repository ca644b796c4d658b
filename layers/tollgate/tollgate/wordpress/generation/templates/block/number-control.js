	/**
	 * A field for a number.
	 *
	 * @param {Object} props The field's properties.
	 * @return {Object} The element.
	 */
	function NumberControl( props ) {
		return el(
			components.TextControl,
			Object.assign( {}, props, {
				type: 'number',
				value: String( props.value ),
				onChange: ( value ) => {
					const number = Number( value ) || 0;
					props.onChange( props.step === 1 ? Math.trunc( number ) : number );
				},
			} )
		);
	}
