// Starts Swagger UI on {mount}/docs. In a file of its own because the page's policy allows no
// inline script. Everything it asks for comes from this server.
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const followColorScheme = () =>
  document.documentElement.classList.toggle("dark-mode", dark.matches);
followColorScheme();
dark.addEventListener("change", followColorScheme);

window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#ticketpen-api",
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: true,
  displayRequestDuration: true,
  filter: true,
  validatorUrl: null, // the default would show every reader's document to an outside validator
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
