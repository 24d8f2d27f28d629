// A file of its own, for the page's policy runs no script that stands in the page.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null })
