/** Tests. */
@NullMarked
package dev.sluice.core.model;

import org.jspecify.annotations.NullMarked;
