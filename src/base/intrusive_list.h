// SPDX-License-Identifier: MIT
// IntrusiveList<T, &T::node>: a doubly linked list through a member, so that joining and leaving
// allocate nothing and an object can ask whether it is linked. A node unlinks itself when
// destroyed.
#pragma once

namespace rosterd {

class ListNode {
 public:
  ListNode() = default;
  ~ListNode() { unlink(); }
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  bool linked() const { return next_ != this; }
  void unlink() {
    next_->prev_ = prev_;
    prev_->next_ = next_;
    next_ = prev_ = this;
  }

 private:
  template <class T, ListNode T::*Member>
  friend class IntrusiveList;

  void link_before(ListNode& at) {
    unlink();
    next_ = &at;
    prev_ = at.prev_;
    prev_->next_ = this;
    at.prev_ = this;
  }

  ListNode* next_ = this;
  ListNode* prev_ = this;
  void* owner_ = nullptr;  // set by the list on joining: no offset arithmetic over foreign types
};

template <class T, ListNode T::*Member>
class IntrusiveList {
 public:
  bool empty() const { return !head_.linked(); }

  // Joins at the end; an object that is linked elsewhere moves.
  void push_back(T& object) {
    (object.*Member).owner_ = &object;
    (object.*Member).link_before(head_);
  }

  T* front() const { return empty() ? nullptr : static_cast<T*>(head_.next_->owner_); }

  // The one after `object`, which is in this list, or null.
  T* next(const T& object) const {
    const ListNode* const node = (object.*Member).next_;
    return node == &head_ ? nullptr : static_cast<T*>(node->owner_);
  }

  // Unlinks and returns the first object, or null. Draining with it stays correct when objects join
  // or leave meanwhile.
  T* pop_front() {
    T* object = front();
    if (object) head_.next_->unlink();
    return object;
  }

 private:
  ListNode head_;
};

}  // namespace rosterd
