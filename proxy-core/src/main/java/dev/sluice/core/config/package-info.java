/** The effective configuration of the proxy, whichever way it was given. */
@NullMarked
package dev.sluice.core.config;

import org.jspecify.annotations.NullMarked;
