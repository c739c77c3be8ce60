@NullMarked
package dev.sluice.conformance.catalogue;

import org.jspecify.annotations.NullMarked;
