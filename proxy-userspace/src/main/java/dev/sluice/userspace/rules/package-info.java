/** The rules and sets that lead Service traffic to the proxy's sockets, refuse it, or drop it. */
@NullMarked
package dev.sluice.userspace.rules;

import org.jspecify.annotations.NullMarked;
