	/**
	 * Lets a text be typed where it stands.
	 *
	 * @param {Object}   props    The block's properties.
	 * @param {Object}   labels   What each attribute is called.
	 * @param {Function} Control  What it is typed into.
	 * @param {Object}   settings What that is told beside.
	 * @return {Function} Shows an attribute by its name and its part of the class.
	 */
	function typed( props, labels, Control, settings ) {
		return ( name, part ) =>
			el(
				Control,
				Object.assign(
					{
						key: name,
						className: BASE + '__' + part,
						value: props.attributes[ name ],
						placeholder: labels[ name ],
						onChange: ( value ) => props.setAttributes( { [ name ]: value } ),
					},
					settings
				)
			);
	}
