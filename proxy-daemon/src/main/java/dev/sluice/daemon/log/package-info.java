/** How the daemon writes its log. */
@NullMarked
package dev.sluice.daemon.log;

import org.jspecify.annotations.NullMarked;
