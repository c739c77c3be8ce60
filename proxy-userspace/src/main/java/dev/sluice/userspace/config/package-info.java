/** What an operator can choose of this mode, with its fields, flags and defaults. Knows nothing of rules and sockets. */
@NullMarked
package dev.sluice.userspace.config;

import org.jspecify.annotations.NullMarked;
