@NullMarked
package dev.sluice.daemon.addresses;

import org.jspecify.annotations.NullMarked;
