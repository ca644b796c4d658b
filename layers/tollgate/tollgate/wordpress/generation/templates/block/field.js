	/**
	 * A control for an attribute.
	 *
	 * @param {Function} Control  The control.
	 * @param {Object}   props    The block's properties.
	 * @param {string}   name     The attribute.
	 * @param {Object}   settings What the control is told beside.
	 * @return {Object} The element.
	 */
	function field( Control, props, name, settings ) {
		return el(
			Control,
			Object.assign(
				{
					key: name,
					value: props.attributes[ name ],
					onChange: ( value ) => props.setAttributes( { [ name ]: value } ),
					__next40pxDefaultSize: true,
					__nextHasNoMarginBottom: true,
				},
				settings
			)
		);
	}
