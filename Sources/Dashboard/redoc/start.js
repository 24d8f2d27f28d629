// A file of its own, for the page's policy runs no script that stands in the page. Nor does it run workers made of text,
// which the search would need.
Redoc.init("/openapi.json", { disableSearch: true, hideDownloadButton: true }, document.getElementById("docs"))
