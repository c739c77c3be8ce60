/** What the daemon tells the cluster's users, as Kubernetes Events. */
@NullMarked
package dev.sluice.daemon.events;

import org.jspecify.annotations.NullMarked;
