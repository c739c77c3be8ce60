/** Network namespaces: making them, and working inside. */
@NullMarked
package dev.sluice.linux.namespace;

import org.jspecify.annotations.NullMarked;
