package simulator

// recent is a map that forgets its oldest keys beyond a limit, so that it stays small however long a phone is used. The
// zero value holds nothing until limit is set.
type recent[K comparable, V any] struct {
	limit int
	items map[K]V
	order []K // oldest first; keys that were removed may still stand in it
}

func (r *recent[K, V]) get(key K) (V, bool) {
	value, ok := r.items[key]
	return value, ok
}

// put stores a value; a key that is known keeps its age.
func (r *recent[K, V]) put(key K, value V) {
	if r.items == nil {
		r.items = make(map[K]V)
	}
	if _, known := r.items[key]; !known {
		r.order = append(r.order, key)
	}
	r.items[key] = value
	for len(r.order) > r.limit {
		delete(r.items, r.order[0])
		r.order = r.order[1:]
	}
}
