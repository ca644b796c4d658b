el(
				blockEditor.InspectorControls,
				null,
				el(
					components.PanelBody,
					{ title: __( 'Settings', '{{domain:id}}' ) },
{{controls:id}}
				)
			)
