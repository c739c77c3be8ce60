/** Service ports and endpoints as this node understands them: parsed, validated, resolved. */
@NullMarked
package dev.sluice.core.model;

import org.jspecify.annotations.NullMarked;
