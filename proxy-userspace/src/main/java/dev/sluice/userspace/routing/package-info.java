/** From a service address to an endpoint: the table that the event loops read and the sync thread writes. */
@NullMarked
package dev.sluice.userspace.routing;

import org.jspecify.annotations.NullMarked;
