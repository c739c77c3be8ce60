@NullMarked
package dev.sluice.daemon.conntrack;

import org.jspecify.annotations.NullMarked;
